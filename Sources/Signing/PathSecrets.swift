package import Domain

/// What must follow a source's name in its address, for sources whose address is a secret.
///
/// For senders that can do nothing but call an address; contracts/sources.md section 12. Whoever
/// does not know it is answered as where no source is, so that addresses cannot be tried out.
package struct PathSecrets: Hashable, Sendable {
    private let secrets: [Secret]

    /// - Parameter secrets: Any one of them does; none for a source that has no such secret.
    package init(_ secrets: [Secret] = []) { self.secrets = secrets }

    /// Whether the way is right.
    ///
    /// A source without a secret has no room behind it: a path that goes on leads nowhere. Every
    /// secret is compared, whether or not an earlier one fits.
    ///
    /// - Parameter given: What follows the name, percent-decoded; `nil` where nothing does.
    package func open(to given: String?) -> Bool {
        guard !secrets.isEmpty, let given else { return secrets.isEmpty && given == nil }
        var isRight = false
        for secret in secrets where !secret.exposed.isEmpty {
            let isEqual = ConstantTime.areEqual(secret.exposed, given)
            isRight = isRight || isEqual
        }
        return isRight
    }
}
