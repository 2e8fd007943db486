import Domain
import StrictJSON

extension Told {
    /// What the endpoint's or the rule's template says of this, where there is one.
    ///
    /// - Parameter message: The same in our words, parts of which a template may use.
    func words(
        of templates: MessageTemplates, _ message: ChatMessage, _ type: NotificationType
    ) -> OwnWords? {
        let rule = data.value(at: "/task/rule")?.string ?? data["rule"]?.string
        guard let template = templates.template(of: rule) else { return nil }
        return OwnWords(template, values(message, type), condition: type.condition)
    }

    private func values(
        _ message: ChatMessage, _ type: NotificationType
    ) -> [MessageTemplate.Name: String] {
        let subject = subject("/task/entity") ?? subject("/entity")
        let isFailed = data.value(at: "/task/failure")?.object != nil
        var values: [MessageTemplate.Name: String] = [
            .type: type.rawValue, .mark: message.tone.mark, .title: message.title,
            .summary: message.summary,
        ]
        values[.advice] = message.advice
        values[.kind] = subject?.kind
        values[.name] = subject?.name
        values[.id] = subject?.id
        values[.copy] = name("/task/copy_id")
        values[.link] = message.link?.url
        values[.workspace] =
            name("/task/to_workspace") ?? name("/task/entity/workspace_id")
            ?? name("/entity/workspace_id")
        values[.took] = length("/task/duration_ms")
        values[.attempts] = data.value(at: "/task/attempts")?.number?.int64.map(String.init)
        values[.reason] = reason("/task/failure") ?? reason("/failure")
        if isFailed { values[.cause] = say(failureWords("/task/failure").cause) }
        if type == .connectionBroken { values[.cause] = say(failureWords("/failure").cause) }
        values[.rule] = name("/task/rule") ?? name("/rule")
        values[.connection] =
            name("/task/connection") ?? name("/connection/name") ?? name("/connection")
        values[.provider] = name("/task/provider") ?? name("/provider")
        values[.task] = name("/task/id")
        values[.event] = name("/event/type")
        values[.source] = name("/event/source")
        values[.eventID] = name("/event/id")
        values[.endpoint] = name("/endpoint/name") ?? name("/endpoint")
        values[.command] = message.facts.first(where: \.isCommand)?.value
        values[.time] = timeFact.first?.value
        return values
    }
}
