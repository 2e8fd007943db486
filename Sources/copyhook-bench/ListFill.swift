import Domain

/// Rows as a busy team's would be, always the same for the same number.
///
/// Most things happen often, some rarely, and one once, so that filters are measured on both.
enum ListFill {
    static let entities = 20_000
    static let start = Timestamp(milliseconds: 1_767_225_600_000)

    /// A number that looks like chance, the same on every machine (SplitMix64).
    static func mixed(_ number: Int) -> UInt64 {
        var z = UInt64(truncatingIfNeeded: number) &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 30 ms between two.
    static func moment(_ number: Int) -> Timestamp { start + .milliseconds(Int64(number) * 30) }

    static func id<Subject>(_ prefix: String, _ number: Int, at now: Timestamp)
        -> Identifier<Subject>
    {
        var chance = Chance(state: number)
        return .make(prefix, at: now, using: &chance)
    }

    static func event(_ number: Int) -> Event {
        let now = moment(number)
        let type =
            number % 50_000 == 7
            ? "bot.deleted" : ["bot.published", "bot.updated", "app.published"][number % 3]
        return Event(
            id: id("evt_", number, at: now),
            identity: Event.Identity(
                source: source(number), key: "75\(mixed(number) % 100_000_000_000_000_000)"),
            type: type, time: now - .seconds(1), receivedAt: now, entity: entity(number),
            body: body(number))
    }

    static func source(_ number: Int) -> String {
        number % 40_000 == 11 ? "keyue-test" : ["coze-main", "coze-lab", "keyue"][number % 3]
    }

    static func entity(_ number: Int) -> EntityReference {
        // The squared draw makes some bots far busier than others.
        let draw = Double(mixed(number &* 7) % 1_000_000) / 1_000_000
        let which = Int(draw * draw * Double(entities))
        return EntityReference(
            type: "bot", id: entityID(which), name: entityName(which),
            workspaceID: "7481\(which % 40)", version: "\(number)")
    }

    static func entityID(_ which: Int) -> String {
        "73\(mixed(which &* 31) % 100_000_000_000_000_000)"
    }

    static func entityName(_ which: Int) -> String {
        let names = ["客服助手", "Invoice Helper", "数据分析", "Release notes", "会议纪要"]
        return which == 19_999 ? "独一无二" : "\(names[which % names.count]) \(which)"
    }

    /// 0.5 KB, as a platform says of a published bot.
    private static func body(_ number: Int) -> [UInt8] {
        let entity = entity(number)
        let text = """
            {"header":{"event_id":"75\(number)","event_type":"bot.published","created_at":\
            \(moment(number).milliseconds)},"event":{"bot_id":"\(entity.id)","bot_name":\
            "\(entity.name ?? "")","workspace_id":"\(entity.workspaceID ?? "")","operator":\
            {"user_id":"3391820045718","name":"Mina Okafor"},"connectors":[{"id":"1024","name":\
            "api","status":"success"},{"id":"999","name":"web_sdk","status":"success"}],\
            "changelog":"Adds VAT lookup, fixes rounding on invoices in several currencies."}}
            """
        return Array(text.utf8)
    }

    private struct Chance: RandomNumberGenerator {
        var state: Int

        mutating func next() -> UInt64 {
            state &+= 0x9E37
            return ListFill.mixed(state &* 1_000_003)
        }
    }
}
