import StrictJSON

extension ConfigurationSchema {
    /// A rule, as `Rules` reads it; what a pattern means, no schema says.
    static let rule: JSONValue = [
        "type": "object", "required": ["name", "match"], "additionalProperties": false,
        "properties": [
            "name": [
                "type": "string", "minLength": 1, "maxLength": 128,
                "description": "What the rule is called; no two share a name.",
            ],
            "match": [
                "type": "object",
                "description":
                    "Which events it is for: a pattern in the language of Amazon EventBridge.",
            ],
            "copy": [
                "type": ["array", "null"], "maxItems": 32,
                "description": "What to copy, and where to.", "items": copy,
            ],
            "notify": [
                "type": ["array", "null"], "maxItems": 64, "uniqueItems": true,
                "items": ["type": "string", "minLength": 1],
                "description":
                    "The endpoints that hear of it; absent for all of them, [] for none.",
            ],
            "cooldown": [
                "type": ["string", "null"], "default": "0s",
                "description":
                    "How long after one copy of an entity no further one is made, at most 365d.",
            ],
            "enabled": [
                "type": ["boolean", "null"], "default": true,
                "description": "Whether it is in force.",
            ],
            "template": [
                "type": ["string", "null"], "minLength": 1,
                "description": "Words of your own for chats, in Mustache.",
            ],
        ],
    ]

    private static let copy: JSONValue = [
        "type": "object", "required": ["connection"], "additionalProperties": false,
        "properties": [
            "connection": [
                "type": "string", "minLength": 1,
                "description": "One of the names under connections.",
            ],
            "to_workspace": [
                "type": ["string", "integer", "null"],
                "description": "The workspace to copy into; absent for the one it is in.",
            ],
            "entity_id": source("What to copy; absent for what the event is about."),
            "entity_type": source("Of which type it is; absent for the event's own."),
            "on_uncertain": [
                "enum": ["hold", "reconcile", "retry", .null],
                "description": "In the place of the connection's on_uncertain.",
            ],
            "on_own_copies": [
                "type": ["boolean", "null"], "default": false,
                "description": "Whether what we copied ourselves is copied again.",
            ],
        ],
    ]

    /// A literal, or the way to it in the event.
    private static func source(_ words: String) -> JSONValue {
        [
            "description": .string(words),
            "anyOf": [
                ["type": ["string", "integer", "null"]],
                [
                    "type": "object", "required": ["from"], "additionalProperties": false,
                    "properties": ["from": ["type": "string", "pattern": "^/"]],
                ],
            ],
        ]
    }
}
