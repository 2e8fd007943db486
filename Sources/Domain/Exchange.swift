/// The last request of an attempt and what answered it, as far as people may see them.
///
/// Texts are without secrets, on one line, and cut.
package struct Exchange: Hashable, Sendable, Codable {
    /// Characters that are kept of a body.
    package static let bodyMax = 1_024

    /// `POST`.
    package let method: String
    /// With its query.
    package let url: String
    /// How the body begins, empty where there was none.
    package let requestBody: String
    /// Absent where no answer came, as are the next two.
    package let status: Int?
    package let contentType: String?
    /// How the answer's body begins.
    package let answerBody: String?

    package init(
        method: String, url: String, requestBody: String, status: Int? = nil,
        contentType: String? = nil, answerBody: String? = nil
    ) {
        self.method = method
        self.url = url
        self.requestBody = requestBody
        self.status = status
        self.contentType = contentType
        self.answerBody = answerBody
    }
}
