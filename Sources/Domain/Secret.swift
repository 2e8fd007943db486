/// Text that must never be shown: a token, a signing secret, a webhook URL.
///
/// It prints as `<secret>` whatever way it is asked, is not `Codable`, and is read through
/// ``exposed`` alone, so that a search for that word finds every use.
package struct Secret: Hashable, Sendable {
    package let exposed: String

    package init(_ text: String) {
        self.exposed = text
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<secret>" }
    package var debugDescription: String { "<secret>" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
