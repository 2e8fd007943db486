import Domain
import Transport

extension ForeignText {
    /// A request and what answered it, as people may see them.
    ///
    /// Headers of the request are left out, since the credential is among them, and are looked for
    /// in everything else: a grant may be newer than what this hides otherwise.
    func exchange(_ request: HTTPRequest, _ reply: Reply) -> Exchange {
        let redaction = Redaction(of: Self.credentials(in: request.headers))
        func own(_ text: String) -> String {
            shortened(PlainText.line(hidingSecrets(redaction.redact(text))))
        }
        let url = own(request.url)
        let body = own(String(decoding: request.body.prefix(Self.bytesMax), as: UTF8.self))
        guard case .success(let answer) = reply.result else {
            return Exchange(method: request.method.rawValue, url: url, requestBody: body)
        }
        func foreign(_ text: String) -> String? {
            line(redaction.redact(text), limit: Exchange.bodyMax)
        }
        return Exchange(
            method: request.method.rawValue, url: url, requestBody: body, status: answer.status,
            contentType: answer.headers.first("Content-Type").flatMap { foreign($0) },
            answerBody: foreign(
                String(decoding: answer.body.prefix(Self.bytesMax), as: UTF8.self)) ?? "")
    }

    /// More than is kept, so that nothing is hidden in vain.
    private static let bytesMax = 4 * Exchange.bodyMax

    private func shortened(_ text: String) -> String { String(text.prefix(Exchange.bodyMax)) }

    /// What opens doors: the values of headers that we did not write for their own sake, each whole
    /// and without the scheme before it.
    private static func credentials(in headers: [HTTPField]) -> [Secret] {
        headers.filter { !plain.contains($0.name.lowercased()) }.flatMap { header in
            let parts = header.value.split(separator: " ", maxSplits: 1)
            return [header.value] + (parts.count > 1 ? [String(parts[1])] : [])
        }.map { Secret($0) }
    }

    /// Headers whose values may show, in small letters.
    private static let plain: Set<String> = ["content-type", "accept", "idempotency-key"]
}
