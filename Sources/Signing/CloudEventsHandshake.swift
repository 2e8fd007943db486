import StrictJSON

/// Who may deliver events to a source, and how many: the abuse protection of the CloudEvents web
/// hook specification, section 4.
package struct CloudEventsHandshake: Hashable, Sendable {
    /// Which senders are granted what they ask for.
    package enum Origins: Hashable, Sendable {
        case any
        /// By their names, ASCII case aside.
        case only([String])
    }

    package var origins: Origins
    /// Requests a minute, `nil` for as many as a sender likes.
    ///
    /// Granted only: what comes is not counted.
    package var perMinuteMax: Int?

    package init(origins: Origins = .only([]), perMinuteMax: Int? = nil) {
        self.origins = origins
        self.perMinuteMax = perMinuteMax
    }

    /// The answer to an `OPTIONS` request: the grant, or nothing but the status.
    ///
    /// A callback address that the sender offers is noted for the log and never called: who asks
    /// has proved nothing, and could have us call anybody. Without its query and a password, as
    /// these let one grant.
    func answer(_ headers: HeaderFields) -> SchemeAnswer {
        var answer = SchemeAnswer(
            contentType: "text/plain", headers: [AnswerHeader("Allow", "POST")], body: [])
        if case .one(let callback) = headers.lookup("WebHook-Request-Callback") {
            answer.note = "not called: \(Self.shown(callback))"
        }
        guard case .one(let origin) = headers.lookup("WebHook-Request-Origin"),
            isVisibleASCII(origin)
        else { return answer }
        switch origins {
        case .any: answer.headers.append(AnswerHeader("WebHook-Allowed-Origin", "*"))
        case .only(let known):
            guard
                known.contains(where: { $0.lowercased().hasSameBytes(as: origin.lowercased()) })
            else { return answer }
            answer.headers.append(AnswerHeader("WebHook-Allowed-Origin", origin))
        }
        answer.headers.append(AnswerHeader("WebHook-Allowed-Rate", rate(headers)))
        return answer
    }

    /// The address with `<secret>` in the place of what often is one.
    private static func shown(_ address: String) -> String {
        let query = address.firstIndex { $0 == "?" || $0 == "#" } ?? address.endIndex
        var shown = String(address[..<query])
        if let start = shown.firstRange(of: "://")?.upperBound {
            let host = shown[start...].prefix { $0 != "/" }
            if let at = host.lastIndex(of: "@") {
                shown.replaceSubrange(start..<at, with: "<secret>")
            }
        }
        return query < address.endIndex ? "\(shown)?<secret>" : shown
    }

    /// The smaller of what is asked for and what is allowed.
    private func rate(_ headers: HeaderFields) -> String {
        var asked: Int?
        if case .one(let text) = headers.lookup("WebHook-Request-Rate"),
            (1...9).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        {
            asked = Int(text).flatMap { $0 > 0 ? $0 : nil }
        }
        guard let perMinuteMax else { return "*" }
        return String(min(asked ?? perMinuteMax, perMinuteMax))
    }
}
