/// The other tasks and copies that a found copy might belong to.
package struct Surroundings: Hashable, Sendable {
    /// Every copy that we know to be ours at this provider.
    package var ownCopies: Set<String>
    /// Names of the sources of all tasks of this connection between sent and ended, or unresolved,
    /// this one included.
    package var openNames: [String]
    /// Provider tasks that belong to other tasks of ours at this connection.
    package var ownProviderTasks: Set<String>
    /// Whether an older task of the same key is `unresolved`: then nothing is adopted by itself.
    package var hasOlderUnresolved: Bool

    package init(
        ownCopies: Set<String> = [], openNames: [String] = [],
        ownProviderTasks: Set<String> = [], hasOlderUnresolved: Bool = false
    ) {
        self.ownCopies = ownCopies
        self.openNames = openNames
        self.ownProviderTasks = ownProviderTasks
        self.hasOlderUnresolved = hasOlderUnresolved
    }
}
