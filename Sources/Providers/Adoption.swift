package import Domain

/// Whether something found in the target is the copy whose answer was lost.
///
/// Decisions 3 to 5 and 24, reliability.md 1.5. What cannot be told for certain is left to a
/// person: a copy that is wrongly taken for ours hides that ours is missing.
package struct Adoption: Sendable {
    /// Something in a platform's list.
    package struct Sight: Hashable, Sendable {
        package let id: String
        package let name: String?
        /// By the platform's clock.
        package let changedAt: Timestamp?
        /// `nil` where the list does not say.
        package let isPublished: Bool?
        package let owner: String?

        package init(
            id: String, name: String?, changedAt: Timestamp?, isPublished: Bool? = nil,
            owner: String? = nil
        ) {
            self.id = id
            self.name = name
            self.changedAt = changedAt
            self.isPublished = isPublished
            self.owner = owner
        }
    }

    package enum Verdict: Hashable, Sendable {
        case none
        case one(Sight, because: [String])
        case unclear([CopyTask.Candidate])
    }

    private let source: EntityReference
    private let baseline: Set<ByteText>?
    private let since: Timestamp
    private let own: Set<ByteText>
    private let openNames: [String]
    /// Whether a task of the same key has been left to a person: then nothing is adopted.
    private let hasOlderUnresolved: Bool
    /// Tasks whose copies would look the same, so that a single one found proves nothing.
    private let rivals: [Rival]
    /// Whether this task may have made more than one.
    private let isPossibleDuplicate: Bool

    /// As many candidates are kept for people.
    package static let candidatesMax = 20

    /// - Parameters:
    ///   - baseline: What the target held before the submission; `nil` where it was not read.
    ///   - since: The submission by the platform's clock, the allowance for clocks taken off.
    ///   - own: What is known to come from other tasks of ours.
    ///   - rivals: The namesakes among the surroundings, as their submissions stand.
    package init(
        of source: EntityReference, baseline: [String]?, since: Timestamp,
        own: Set<String>, among surroundings: Surroundings, rivals: [Rival],
        isPossibleDuplicate: Bool = false
    ) {
        self.source = source
        self.baseline = baseline.map { Set($0.map { ByteText(rawValue: $0) }) }
        self.since = since
        self.own = Set(own.map { ByteText(rawValue: $0) })
        openNames = surroundings.openNames
        hasOlderUnresolved = surroundings.hasOlderUnresolved
        self.rivals = rivals
        self.isPossibleDuplicate = isPossibleDuplicate
    }

    /// For a task that was sent.
    ///
    /// - Parameters:
    ///   - allowance: What is taken off each submission's time.
    ///   - clockAhead: The platform's clock against ours, where the task does not know.
    init?(
        for task: CopyTask, own: Set<String>, among surroundings: Surroundings,
        allowance: Duration, clockAhead: Int64?
    ) {
        func since(_ task: CopyTask) -> Timestamp? {
            task.doubtBegan.map {
                $0.at + .milliseconds($0.clockAhead ?? clockAhead ?? 0) - allowance
            }
        }
        guard let began = since(task) else { return nil }
        self.init(
            of: task.plan.entity, baseline: task.evidence.baseline, since: began, own: own,
            among: surroundings,
            rivals: surroundings.namesakes.map {
                Rival(
                    baseline: $0.evidence.baseline,
                    since: since($0) ?? Timestamp(milliseconds: 0),
                    isPossibleDuplicate: $0.isPossibleDuplicate)
            }, isPossibleDuplicate: task.isPossibleDuplicate)
    }

    /// - Parameter sights: The whole list, in the platform's order.
    package func judge(_ sights: [Sight]) -> Verdict {
        let candidates = sights.filter(isCandidate)
        guard let first = candidates.first else { return .none }
        if baseline != nil, hasName, !hasOlderUnresolved,
            !candidates.contains(where: { hasForeignOwner($0, among: sights) })
        {
            if candidates.count == 1, rivals.isEmpty, first.name != nil, first.changedAt != nil {
                return .one(first, because: reasons(for: first) + ["the only one"])
            }
            if !isPossibleDuplicate, let sight = assigned(candidates, among: rivals) {
                let share = "each of \(candidates.count) open copies of this name has its own"
                return .one(sight, because: reasons(for: sight) + [share])
            }
        }
        return .unclear(
            candidates.prefix(Self.candidatesMax).map {
                CopyTask.Candidate(id: $0.id, name: $0.name, updatedAt: $0.changedAt)
            })
    }

    private var hasName: Bool { source.name.map { !$0.isEmpty } ?? false }

    /// What is missing here rules nothing out: it makes a candidate, but not a certain one.
    private func isCandidate(_ sight: Sight) -> Bool {
        let id = ByteText(rawValue: sight.id)
        guard id != ByteText(rawValue: source.id), !own.contains(id),
            !(baseline?.contains(id) ?? false),
            sight.isPublished != true
        else { return false }
        if let changedAt = sight.changedAt, changedAt < since { return false }
        guard hasName, let source = source.name, let name = sight.name else { return true }
        return SourceName.longest(of: openNames + [source], continuedBy: name)
            .map { $0.utf8.elementsEqual(source.utf8) } ?? false
    }

    /// Whether copies of ours in the same list all belong to one user, and this to another.
    ///
    /// The platform does not tell whose token we use; what it made for us does.
    private func hasForeignOwner(_ sight: Sight, among sights: [Sight]) -> Bool {
        guard let owner = sight.owner else { return false }
        let owners = Set(
            sights.filter { own.contains(ByteText(rawValue: $0.id)) }.compactMap {
                $0.owner.map { ByteText(rawValue: $0) }
            })
        return owners.count == 1 && !owners.contains(ByteText(rawValue: owner))
    }

    private func reasons(for sight: Sight) -> [String] {
        var reasons = ["not in the list before the submission", "not the result of another task"]
        if let changedAt = sight.changedAt { reasons.append("changed at \(changedAt)") }
        if sight.isPublished == false { reasons.append("a draft") }
        let isSame = sight.name.map { $0.utf8.elementsEqual((source.name ?? "").utf8) } ?? false
        reasons.append(isSame ? "named like the source" : "its name continues the source's")
        return reasons
    }
}

/// Which source a copy's name comes from.
package enum SourceName {
    /// The longest of `names` that `name` is, or continues.
    ///
    /// Platforms add to a name (`客服(1)`, `v(导入luukR)`), so `Bot 1` must not claim what comes
    /// from `Bot 12`, nor `Bot` what comes from an open `Bot (new)`.
    package static func longest(of names: [String], continuedBy name: String) -> String? {
        names.filter { isContinued($0, by: name) }.max { $0.utf8.count < $1.utf8.count }
    }

    /// Whether `name` is `source` or goes on behind it without prolonging a run of ASCII letters
    /// and digits.
    ///
    /// Byte for byte; an empty source is nobody's name.
    package static func isContinued(_ source: String, by name: String) -> Bool {
        guard let last = source.utf8.last, name.utf8.starts(with: source.utf8) else {
            return false
        }
        guard let next = name.utf8.dropFirst(source.utf8.count).first else { return true }
        return !(isWord(last) && isWord(next))
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

/// Text that is equal to another only when its bytes are; ids are compared so.
typealias ByteText = Identifier<Entity>
