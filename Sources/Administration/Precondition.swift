/// What is to be there before a change is made, as far as whoever makes it says so.
package struct Precondition: Hashable, Sendable {
    /// Absent, it does not matter what is there.
    package let match: IfMatch?
    /// `If-None-Match: *` of RFC 9110 section 13.1.2: nothing may be there; or none of these.
    private let others: [String]

    /// - Parameter others: Values of `If-None-Match`; empty without one.
    package init(match: IfMatch? = nil, noneOf others: [String] = []) {
        self.match = match
        self.others = IfMatch.tags(others)
    }

    /// - Parameter tag: Of what is there; `nil` where there is nothing.
    func check(_ tag: String?) throws(AdministrationError) {
        try match?.check(tag)
        guard let tag, !others.isEmpty else { return }
        guard others != ["*"], !others.contains(tag) else {
            throw AdministrationError(
                .changedMeanwhile, "it is there already, and If-None-Match says that it is not to",
                remedy: "Use another name, or leave If-None-Match out to replace it.")
        }
    }
}
