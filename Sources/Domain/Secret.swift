/// Text that must never be shown: a token, a signing secret, a webhook URL.
///
/// It prints as `<secret>` whatever way it is asked, is not `Codable`, and is read through
/// ``exposed`` alone, so that a search for that word finds every use.
package struct Secret: Hashable, Sendable {
    package let exposed: String

    /// How every secret is shown, and so what none may be: it is a public word.
    package static let mark = "<secret>"
    /// Of one secret that is a line, in UTF-8.
    package static let bytesMax = 4_096
    /// That count at once for one holder.
    package static let countMax = 5

    package init(_ text: String) {
        self.exposed = text
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { Self.mark }
    package var debugDescription: String { Self.mark }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
