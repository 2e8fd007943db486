import StrictJSON

extension YAMLValue {
    /// A JSON value as if it stood in a file, all of it in one line.
    init(_ json: JSONValue) {
        func scalar(_ text: String, isQuoted: Bool = false) -> Content {
            .scalar(YAMLScalar(text: text, isQuoted: isQuoted))
        }
        let content: Content =
            switch json {
            case .null: scalar("null")
            case .bool(let bool): scalar(bool ? "true" : "false")
            case .number(let number): scalar(number.text)
            case .string(let text): scalar(text, isQuoted: true)
            case .array(let elements): .list(elements.map { YAMLValue($0) })
            case .object(let object):
                .mapping(
                    object.members.map {
                        Entry(key: $0.key, line: 1, value: YAMLValue($0.value))
                    })
            }
        self.init(content: content, line: 1)
    }
}
