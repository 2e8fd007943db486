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
    /// Whether a ``CopyTask/isNamesake(of:)`` of this task is between sent and ended, or
    /// unresolved: what is found may be its copy as well as this one's.
    package var hasNamesake: Bool

    package init(
        ownCopies: Set<String> = [], openNames: [String] = [],
        ownProviderTasks: Set<String> = [], hasOlderUnresolved: Bool = false,
        hasNamesake: Bool = false
    ) {
        self.ownCopies = ownCopies
        self.openNames = openNames
        self.ownProviderTasks = ownProviderTasks
        self.hasOlderUnresolved = hasOlderUnresolved
        self.hasNamesake = hasNamesake
    }
}

extension CopyTask {
    /// Whether the copies of both look alike in one list: the same type and name in one place.
    ///
    /// Byte for byte. Coze lists by workspace, so there the target counts; Keyue has one list of
    /// jobs for the whole account. A source whose name is not known has no namesakes.
    package func isNamesake(of other: CopyTask) -> Bool {
        guard id != other.id, let name = plan.entity.name, let otherName = other.plan.entity.name
        else { return false }
        let (target, otherTarget) =
            plan.provider == .coze ? (plan.target, other.plan.target) : (nil, nil)
        return plan.connection.utf8.elementsEqual(other.plan.connection.utf8)
            && plan.entity.type.utf8.elementsEqual(other.plan.entity.type.utf8)
            && name.utf8.elementsEqual(otherName.utf8)
            && (target ?? "").utf8.elementsEqual((otherTarget ?? "").utf8)
    }
}
