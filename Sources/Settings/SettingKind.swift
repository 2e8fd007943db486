import Domain
import StrictJSON

/// How one kind of value is written: what is accepted, and how it is shown.
struct SettingKind<Value> {
    /// What to write, a sentence with a bound or an example.
    let remedy: String
    /// `nil` when the text is not of this kind.
    let read: (String) -> Value?
    /// As the effective configuration shows it.
    let show: (Value) -> JSONValue
    /// Whether YAML must read the text as a string, or as digits, which are kept exactly.
    var isText = false
    /// Whether a problem may repeat what was written; not where a secret may be in it.
    var isShownWhenRefused = true
    /// How a schema says it; `nil` for any text.
    var form: JSONObject?
}

extension SettingKind {
    /// One of a few words.
    static func word(
        _ remedy: String? = nil
    ) -> SettingKind where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
        let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return SettingKind(
            remedy: remedy ?? "Write one of \(words).",
            read: { text in Value.allCases.first { $0.rawValue.hasSameBytes(as: text) } },
            show: { .string($0.rawValue) },
            form: ["enum": .array(Value.allCases.map { .string($0.rawValue) })])
    }
}

extension SettingKind<String> {
    /// Text without control characters; at least one character of it.
    static func text(_ remedy: String, where holds: @escaping (String) -> Bool = { _ in true })
        -> SettingKind
    {
        SettingKind(
            remedy: remedy,
            read: { $0.isHarmless && holds($0) ? $0 : nil },
            show: { .string($0) }, isText: true)
    }
}

extension SettingKind<Bool> {
    static var flag: SettingKind {
        SettingKind(
            remedy: "Write true or false.",
            read: { $0 == "true" ? true : $0 == "false" ? false : nil }, show: { .bool($0) },
            form: ["type": "boolean"])
    }

    /// `baseline: on`.
    static var onOff: SettingKind {
        SettingKind(
            remedy: "Write on or off.",
            read: { $0 == "on" ? true : $0 == "off" ? false : nil },
            show: { .string($0 ? "on" : "off") }, form: ["enum": ["on", "off"]])
    }
}

extension SettingKind<Int> {
    static func whole(_ bounds: ClosedRange<Int>) -> SettingKind {
        SettingKind(
            remedy: "Write a whole number from \(bounds.lowerBound) to \(bounds.upperBound).",
            read: { text in
                guard (1...10).contains(text.utf8.count),
                    text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
                    bounds.contains(number)
                else { return nil }
                return number
            },
            show: { .number(JSONNumber($0)) },
            form: [
                "type": "integer", "minimum": .number(JSONNumber(bounds.lowerBound)),
                "maximum": .number(JSONNumber(bounds.upperBound)),
            ])
    }
}

extension SettingKind<Double> {
    static func factor(_ bounds: ClosedRange<Double>) -> SettingKind {
        SettingKind(
            remedy: "Write a number from \(bounds.lowerBound) to \(bounds.upperBound).",
            read: { text in
                guard let number = JSONNumber(text: text)?.double, bounds.contains(number) else {
                    return nil
                }
                return number
            },
            show: { JSONNumber($0).map { .number($0) } ?? .null },
            form: [
                "type": "number",
                "minimum": JSONNumber(bounds.lowerBound).map { .number($0) } ?? .null,
                "maximum": JSONNumber(bounds.upperBound).map { .number($0) } ?? .null,
            ])
    }
}

extension SettingKind<Duration> {
    static func duration(_ bounds: ClosedRange<Duration>) -> SettingKind {
        SettingKind(
            remedy: "Write a whole number and a unit (ms, s, m, h, d), from "
                + "\(bounds.lowerBound.text) to \(bounds.upperBound.text).",
            read: { text in Duration(text: text).flatMap { bounds.contains($0) ? $0 : nil } },
            show: { .string($0.text) },
            form: ["type": "string", "pattern": "^[0-9]{1,10}(ms|s|m|h|d)$"])
    }
}

extension SettingKind<Rate> {
    static var rate: SettingKind {
        SettingKind(
            remedy: "Write so many per second, minute or hour, as in 5/s, 300/m or 10/h.",
            read: { Rate(text: $0) }, show: { .string($0.text) },
            form: ["type": "string", "pattern": "^[0-9]{1,7}/[smhd]$"])
    }
}

extension SettingKind<Int64> {
    /// Bytes: `64 MB`, `1GB`; powers of a thousand.
    static var bytes: SettingKind {
        let units: [(size: Int64, name: String)] = [
            (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"),
        ]
        return SettingKind(
            remedy: "Write a whole number and a unit (kB, MB, GB), as in 64 MB.",
            read: { text in
                let digits = text.prefix { ("0"..."9").contains($0) }
                let unit = text.dropFirst(digits.count).drop { $0 == " " }
                guard (1...9).contains(digits.utf8.count), let count = Int64(digits) else {
                    return nil
                }
                return units.first { $0.name == unit }.map { count * $0.size }
            },
            show: { bytes in
                let unit = units.first { bytes > 0 && bytes % $0.size == 0 } ?? (1_000, "kB")
                return .string("\(bytes / unit.size) \(unit.name)")
            }, form: ["type": "string", "pattern": "^[0-9]{1,9} *(kB|MB|GB)$"])
    }
}

extension String {
    /// Not empty and without control characters, by scalars: `\r\n` is one character in Swift.
    var isHarmless: Bool {
        !isEmpty && unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}
