import Domain
import StrictJSON

extension ChannelOptions {
    /// The keys of `endpoints.NAME` that only one channel has.
    ///
    /// - Parameter publicURL: How senders reach us; names us where nothing else does.
    init(_ section: SettingSection, _ channel: Endpoint.Channel, publicURL: String?) {
        self.init()
        switch channel {
        case .feishu: card = section.scalar("card", .word(), default: card)
        case .telegram:
            chat = section.required("chat_id", .telegramChat)
            topic = section.optional("topic_id", .number)
        case .infoflow:
            let kind = SettingKind<Int64>.number
            groups = section.list("group_ids", kind) ?? []
            if groups.isEmpty, section.entry("group_ids") == nil {
                section.miss(
                    "group_ids", "Add group_ids: [1234567], the numbers of the groups.")
            } else if groups.isEmpty {
                section.fail("group_ids", "there is no group", kind.remedy)
            }
        case .cloudEvents: cloudEvents = CloudEvents(section, publicURL: publicURL)
        case .webhook, .dingTalk, .weCom, .slack, .discord, .teams, .mattermost, .googleChat: break
        }
    }
}

extension ChannelOptions.CloudEvents {
    fileprivate init(_ section: SettingSection, publicURL: String?) {
        self.init()
        mode = section.scalar("mode", .word(), default: mode)
        source = section.scalar(
            "source", .text("Write a URI-reference without blanks.") { $0.isReference },
            default: publicURL ?? source)
        typePrefix = section.scalar(
            "type_prefix",
            .text("Write words with dots between, as in com.example.copyhook.") {
                $0.isDottedName
            }, default: typePrefix)
        handshake = section.scalar("handshake", .word(), default: handshake)
        requestRate = section.optional("request_rate", .whole(1...100_000))
        let kind = SettingKind<String>.text("Write a name as DNS knows them, without a port.") {
            $0.isDottedName
        }
        // Shown and read as one, since a host that we know already need not be written again.
        let host = publicURL.flatMap { $0.hostName }
        origin = section.optional("origin", kind) ?? host
        if handshake != .off, origin == nil, section.entry("origin") == nil {
            section.miss(
                "origin",
                "Add origin: hooks.example.com, the name of this system, or write "
                    + "server.public_url; handshake: off asks for no permission.")
        }
    }
}

extension SettingKind<String> {
    /// A whole number, or a channel's name.
    fileprivate static var telegramChat: SettingKind {
        .text("Write the number of the chat, as in \"-1001234567890\", or @channelname.") { text in
            if text.hasPrefix("@") {
                return (5...33).contains(text.utf8.count)
                    && text.utf8.dropFirst().allSatisfy { $0.isWordByte }
            }
            return Int64(text) != nil && !text.hasPrefix("+")
        }
    }
}

extension SettingKind<Int64> {
    fileprivate static var number: SettingKind {
        SettingKind(
            remedy: "Write whole numbers, as in 1234567.",
            read: { $0.hasPrefix("+") ? nil : Int64($0) }, show: { .number(JSONNumber($0)) },
            form: ["type": "integer"])
    }
}

extension UInt8 {
    /// A letter, a digit or `_`.
    fileprivate var isWordByte: Bool {
        (0x30...0x39).contains(self) || (0x61...0x7A).contains(self | 0x20) || self == 0x5F
    }
}

extension String {
    fileprivate var isReference: Bool { utf8.allSatisfy { (0x21...0x7E).contains($0) } }

    fileprivate var isDottedName: Bool {
        utf8.count <= 253
            && split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { $0.isWordByte || $0 == 0x2D }
            }
    }

    /// Between `://` and the port or the path.
    fileprivate var hostName: String? {
        guard let start = firstRange(of: "://")?.upperBound else { return nil }
        let host = self[start...].prefix { $0 != "/" && $0 != ":" }
        return String(host).isDottedName ? String(host) : nil
    }
}
