/// What keeps the service from starting or going on: one line of what, one of what to do.
package struct ServiceError: Error, Hashable, CustomStringConvertible {
    package let what: String
    package let remedy: String

    package init(_ what: String, _ remedy: String) {
        self.what = what
        self.remedy = remedy
    }

    package var description: String { what + "\n" + remedy }
}
