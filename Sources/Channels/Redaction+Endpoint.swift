package import Domain

extension Redaction {
    /// Everything of an endpoint that lets one speak in its name, whole and in its parts.
    package init(of endpoint: Endpoint) {
        let url = Array(endpoint.url.exposed.utf8)
        var parts = [url]
        // For a chat channel the credential is the end of the path, or a value of the query.
        let separators = Set("/?&=#".utf8)
        parts += url.split(whereSeparator: separators.contains).dropFirst(2).map(Array.init)
        for secret in endpoint.secrets + endpoint.headers.map(\.value) {
            let bytes = Array(secret.exposed.utf8)
            parts.append(bytes)
            // The part behind `whsec_` or `Bearer `.
            parts += bytes.split { $0 == UInt8(ascii: "_") || $0 == 0x20 }.map(Array.init)
        }
        self.init(
            of: parts.filter { $0.count >= Self.lengthMin }.map {
                Secret(String(decoding: $0, as: UTF8.self))
            })
    }

    /// Shorter parts are words such as `hooks` or `Bearer`, which are no secrets.
    private static let lengthMin = 9
}
