/// The other tasks and copies that a found copy might belong to.
package struct Surroundings: Hashable, Sendable {
    /// Copies that we know to be ours in the list where this task's copy shows
    /// (``CopyTask/Plan/list``): the newest thousand, and all since a day before it was sent.
    ///
    /// What is older was there before the submission, so that the baseline has it.
    package var ownCopies: Set<String>
    /// Names of the sources of all tasks of this connection between sent and ended, or unresolved,
    /// this one included.
    package var openNames: [String]
    /// Provider tasks that belong to other tasks of ours at this connection, as far as those had
    /// not ended a day before this one was sent.
    package var ownProviderTasks: Set<String>
    /// Whether an older task of the same key is `unresolved`: then nothing is adopted by itself.
    package var hasOlderUnresolved: Bool
    /// Every ``CopyTask/isNamesake(of:)`` this task that is between sent and ended, or unresolved,
    /// oldest first: what is found may be its copy as well as this one's.
    package var namesakes: [CopyTask]

    package init(
        ownCopies: Set<String> = [], openNames: [String] = [],
        ownProviderTasks: Set<String> = [], hasOlderUnresolved: Bool = false,
        namesakes: [CopyTask] = []
    ) {
        self.ownCopies = ownCopies
        self.openNames = openNames
        self.ownProviderTasks = ownProviderTasks
        self.hasOlderUnresolved = hasOlderUnresolved
        self.namesakes = namesakes
    }
}

extension Surroundings {
    /// As many copies of ours are named at least, where there are so many.
    package static let ownCopiesKept = 1_000
    /// What was ours so long before a submission cannot come from it, whatever the clocks say.
    package static let margin = Duration.days(1)

    /// From when on everything of ours counts for this task.
    package static func start(for task: CopyTask) -> Timestamp {
        (task.dispatch?.at ?? task.plan.createdAt) - margin
    }
}

extension CopyTask.Plan {
    /// The platform's list in which the copy shows.
    ///
    /// Coze has one for each workspace, Keyue one for the whole account. Empty also where the
    /// workspace is not known.
    package var list: String { provider == .coze ? target ?? "" : "" }
}

extension CopyTask {
    /// Whether the copies of both look alike in one list: the same type and name in one place.
    ///
    /// Byte for byte. Coze lists by workspace, so there the target counts; Keyue has one list of
    /// jobs for the whole account. A source whose name is not known has no namesakes.
    package func isNamesake(of other: CopyTask) -> Bool {
        guard id != other.id, let name = plan.entity.name, let otherName = other.plan.entity.name
        else { return false }
        return plan.connection.utf8.elementsEqual(other.plan.connection.utf8)
            && plan.entity.type.utf8.elementsEqual(other.plan.entity.type.utf8)
            && name.utf8.elementsEqual(otherName.utf8)
            && plan.provider == other.plan.provider
            && plan.list.utf8.elementsEqual(other.plan.list.utf8)
    }
}
