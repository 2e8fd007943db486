package import Domain

/// The platform that a connection speaks to, with its key material parsed once.
///
/// - Throws: `ProviderError`, with the place in the configuration and the remedy.
package func copyPlatform(for connection: Connection) throws(ProviderError) -> any CopyPlatform {
    switch connection.provider {
    case .coze: try CozePlatform(connection)
    case .keyue: try KeyuePlatform(connection)
    }
}

/// Checks what every platform needs of its configuration.
struct ConnectionCheck {
    private let connection: Connection

    init(_ connection: Connection) { self.connection = connection }

    func place(_ key: String) -> String { "connections.\(connection.name).\(key)" }

    /// The base address without slashes at its end, and the host, with a port where one is
    /// written.
    func base() throws(ProviderError) -> (url: String, authority: String) {
        let url = connection.baseURL.trimmingEnd("/")
        let schemes = ["https://", "http://"]
        guard let scheme = schemes.first(where: { url.lowercased().hasPrefix($0) }),
            !url.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }),
            !url.utf8.contains(where: { "?#@\\".utf8.contains($0) })
        else { throw badBase() }
        let authority = url.dropFirst(scheme.count).prefix { $0 != "/" }
        guard !authority.isEmpty, authority.first != ":" else { throw badBase() }
        return (url, String(authority))
    }

    /// Refuses what is empty and what could break out of its header line.
    func headerValue(_ secret: Secret, _ key: String) throws(ProviderError) -> Secret {
        try headerText(secret.exposed, key)
        return secret
    }

    func headerText(_ text: String, _ key: String) throws(ProviderError) {
        guard !text.isEmpty else {
            throw ProviderError(.badCredential, at: place(key), "is empty; give the value")
        }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F ~= $0.value) })
        else {
            throw ProviderError(
                .badCredential, at: place(key),
                "holds a line break or another control character; give the value alone")
        }
    }

    func wrongCredential(_ expected: String) -> ProviderError {
        ProviderError(.badCredential, at: place("auth"), expected)
    }

    private func badBase() -> ProviderError {
        ProviderError(
            .badBaseURL, at: place("base_url"),
            "expected an absolute address without query, as in https://api.coze.cn")
    }
}

extension String {
    fileprivate func trimmingEnd(_ character: Character) -> String {
        var text = self[...]
        while text.last == character { text = text.dropLast() }
        return String(text)
    }
}
