/// How a chat that takes one text in a markup of its own lays a message out.
///
/// A paragraph each: what happened, the facts on a line each, what to do, where to look, and who
/// says so. Only the signs differ from chat to chat; they stand around what is escaped.
struct TextLayout {
    /// Before and behind the title; the summary follows at once.
    let title: (start: String, end: String)
    /// In front of each fact.
    var fact = "- "
    /// Around a command, which people copy.
    var command = (start: "", end: "")
    var link: @Sendable (ChatMessage.Link) -> String = { "[\($0.label)](\($0.url))" }
    let footer: (start: String, end: String)
    var dialect = Dialect.fullWidth

    func text(of message: ChatMessage) -> String {
        let headline = dialect.foreign("\(message.tone.mark) \(message.title)")
        let paragraphs = [
            title.start + headline + title.end + dialect.foreign(message.summary),
            message.facts.map(line).joined(separator: "\n"),
            message.advice.map(dialect.escaped) ?? "",
            message.link.map(link) ?? "",
            footer.start + dialect.copied(message.footer) + footer.end,
        ]
        return paragraphs.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private func line(of one: ChatMessage.Fact) -> String {
        guard one.isCommand else { return fact + dialect.fact(one) }
        return fact + dialect.escaped(one.label + one.colon) + command.start
            + dialect.value(of: one) + command.end
    }
}
