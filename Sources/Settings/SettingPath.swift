/// The way from the root of the configuration to one of its values.
struct SettingPath: Hashable, Sendable {
    enum Step: Hashable, Sendable {
        case key(String)
        /// From 0.
        case index(Int)
    }

    private(set) var steps: [Step] = []

    func appending(_ key: String) -> SettingPath {
        SettingPath(steps: steps + [.key(key)])
    }

    func appending(_ index: Int) -> SettingPath {
        SettingPath(steps: steps + [.index(index)])
    }

    /// As problems name it: `rules[2].match.type[0]`.
    var text: String {
        var text = ""
        for step in steps {
            switch step {
            case .index(let index): text += "[\(index)]"
            case .key(let key) where key.utf8.allSatisfy(isPlain) && !key.isEmpty:
                text += (text.isEmpty ? "" : ".") + key
            case .key(let key): text += "[\"\(key)\"]"
            }
        }
        return text
    }

    /// The variable of the environment that sets it: `COPYHOOK_CONNECTIONS_COZE_PROD_BASE_URL`.
    var variable: String {
        let words = steps.map { step in
            switch step {
            case .index(let index): String(index)
            case .key(let key):
                String(
                    decoding: key.utf8.map { byte in
                        switch byte {
                        case 0x30...0x39, 0x41...0x5A: byte
                        case 0x61...0x7A: byte - 0x20
                        default: UInt8(ascii: "_")
                        }
                    }, as: UTF8.self)
            }
        }
        return "COPYHOOK_" + words.joined(separator: "_")
    }
}

private func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "$"):
        true
    default: byte >= 0x80
    }
}
