import StrictJSON

/// The way from the root of the configuration to one of its values.
struct SettingPath: Hashable, Sendable {
    enum Step: Hashable, Sendable {
        case key(String)
        /// From 0.
        case index(Int)
    }

    private(set) var steps: [Step] = []

    init(steps: [Step] = []) { self.steps = steps }

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

    /// Reads a ``text``.
    init(text: String) {
        var rest = text.utf8[...]
        func step(to end: Substring.UTF8View.Index, closing count: Int) -> String {
            defer { rest = rest[end...].dropFirst(count) }
            return String(Substring(rest[..<end]))
        }
        while let first = rest.first {
            if first == UInt8(ascii: ".") { rest = rest.dropFirst() }
            if rest.starts(with: "[\"".utf8) {
                rest = rest.dropFirst(2)
                let end = Substring(rest).firstRange(of: "\"]")?.lowerBound ?? rest.endIndex
                steps.append(.key(step(to: end, closing: 2)))
            } else if rest.first == UInt8(ascii: "[") {
                rest = rest.dropFirst()
                let end = rest.firstIndex(of: UInt8(ascii: "]")) ?? rest.endIndex
                steps.append(.index(Int(step(to: end, closing: 1)) ?? 0))
            } else {
                let end = rest.firstIndex { ".[".utf8.contains($0) } ?? rest.endIndex
                steps.append(.key(step(to: end, closing: 0)))
            }
        }
    }

    /// The same place in a JSON document.
    var pointer: JSONPointer {
        JSONPointer(
            tokens: steps.map { step in
                switch step {
                case .index(let index): String(index)
                case .key(let key): key
                }
            })
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
