/// What a person read before they change it: `If-Match` of RFC 9110 section 13.1.1.
///
/// Absent, a change is made whatever is there. What is no entity tag equals none.
package struct IfMatch: Hashable, Sendable {
    private let tags: [String]

    /// - Parameter lines: The header's values, at least one.
    package init(_ lines: [String]) { tags = Self.tags(lines) }

    static func tags(_ lines: [String]) -> [String] {
        lines.flatMap { $0.split(separator: ",") }.map { part in
            String(part.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
        }
    }

    private static func isBlank(_ letter: Character) -> Bool { letter == " " || letter == "\t" }

    /// - Parameter tag: Of what is there; `nil` where there is nothing.
    func check(_ tag: String?) throws(AdministrationError) {
        guard let tag, tags == ["*"] || tags.contains(tag) else {
            throw AdministrationError(
                .changedMeanwhile, "it is not as If-Match says",
                remedy: "Read it again, and send its ETag, quotes included, with the change.")
        }
    }
}
