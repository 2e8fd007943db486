/// What we call ourselves before others.
package enum Product {
    /// As releases are numbered: semver.org, 2.0.0.
    package static let version = "0.1.0"

    /// The `User-Agent` of everything that leaves: contracts/notifications.md section 1.
    ///
    /// - Parameter publicURL: `server.public_url`, where who wonders about us may ask; without one
    ///   nothing is said of it.
    package static func userAgent(publicURL: String? = nil) -> String {
        // A bracket would end the comment (RFC 9110 section 5.6.5).
        guard let publicURL, !publicURL.contains(where: { "()\\".contains($0) }) else {
            return "Copyhook/\(version)"
        }
        return "Copyhook/\(version) (+\(publicURL))"
    }
}
