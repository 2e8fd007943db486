// Events as platforms send them, always the same for the same number.
extension MatchWork {
    /// 0.5 KB.
    static func smallEvent(_ number: Int) -> [UInt8] { event(number, more: "") }

    /// 1.5 KB: what a platform says of a published bot.
    static func usualEvent(_ number: Int) -> [UInt8] {
        let connectors = ["api", "web_sdk", "chat"].map { name in
            """
            {"id":"10\(name.count)","name":"\(name)","status":"success",\
            "share_link":"https://bots.example.com/s/\(number)"}
            """
        }
        return event(
            number,
            more: """
                "model":{"id":"mdl_1706077826","name":"doubao-pro-32k","temperature":0.3,\
                "max_tokens":4096},"actor":{"user_id":"usr_3391820045718",\
                "name":"Mina Okafor","role":"developer","ip":"10.24.8.113"},\
                "plugins":[{"id":"plg_5510","name":"ledger-lookup"},\
                {"id":"plg_5532","name":"pdf-export"}],"knowledge_ids":["kb_20418","kb_20977"],\
                "workflow_ids":["wf_73120","wf_73121"],"publish":{"record_id":"pub_4e1a7755c0",\
                "connectors":[\(connectors.joined(separator: ","))],"channel_count":3,\
                "is_rollback":false,"changelog":"Adds VAT lookup, fixes rounding on invoices in \
                several currencies."},
                """)
    }

    /// About 300 bytes for each element of its array.
    static func largeEvent(elements: Int) -> [UInt8] {
        let note = String(repeating: "text that nobody asks for ", count: 9)
        let items = (0..<elements).map { number in
            """
            {"id":"item_\(number)","state":"\(number % 2 == 0 ? "ready" : "draft")",\
            "tags":["a","b"],"count":\(number),"note":"\(note)"}
            """
        }
        return event(7, more: "\"items\":[\(items.joined(separator: ","))],")
    }

    private static func event(_ number: Int, more: String) -> [UInt8] {
        let text = """
            {"id":"evt_0193a7c2e4b07d3f9a516c8e2d4f\(number)","source":"coze-main",\
            "type":"bot.published","time":"2026-11-20T23:26:01.482Z",\
            "entity":{"type":"bot","id":"bot_\(number)","name":"Invoice Helper",\
            "workspace_id":"ws_\(number % 100)","version":"1732145160977"},\(more)\
            "data":{"path":"published/spc_\(number % 100)/bot_\(number)/","size":\(number),\
            "media_type":"application/octet-stream","note":"quick brown fox 0123456789"}}
            """
        return Array(text.utf8)
    }
}
