import StrictJSON

/// A pattern as it is compared with others, for what follows from it.
struct Asked {
    struct Condition {
        let path: [String]
        /// What stands for itself, found at once.
        let literals: Set<ValueTest>
        let others: [ValueTest]
        let wantsAbsence: Bool
        /// Whether it always holds, or its absence does: then nobody has to ask for it.
        let isAlways: Bool

        /// Whether both ask about the same field, and in the same way.
        func meets(_ other: Condition) -> Bool {
            wantsAbsence == other.wantsAbsence && path.count == other.path.count
                && zip(path, other.path).allSatisfy { $0.hasSameBytes(as: $1) }
        }

        /// Whether every scalar that passes here passes `wide`.
        func implies(_ wide: Condition) -> Bool {
            literals.allSatisfy { wide.literals.contains($0) || wide.takes($0) }
                && others.allSatisfy(wide.takes)
        }

        private func takes(_ test: ValueTest) -> Bool { others.contains(where: test.implies) }
    }

    /// Those that some event may hold.
    let alternatives: [[Condition]]
    /// One bit for each path, by its hash, that every alternative asks for: what implies this one
    /// asks for them too.
    private let needed: UInt64
    /// The same for all paths that some alternative asks for.
    private let named: UInt64

    var isNever: Bool { alternatives.isEmpty }

    init(_ pattern: Pattern, _ shape: EventShape) {
        let pattern = pattern.meaning
        alternatives = pattern.conjunctions.filter { shape.foresee($0, pattern.leaves) != .never }
            .map { $0.map { Condition($0, of: pattern.leaves[$0.leaf], shape) } }
        let bits = alternatives.map { conditions in
            conditions.filter { !$0.isAlways }.reduce(0) { $0 | Self.bit(of: $1.path) }
        }
        needed = bits.dropFirst().reduce(bits.first ?? 0, &)
        named = alternatives.joined().reduce(0) { $0 | Self.bit(of: $1.path) }
    }

    private static func bit(of path: [String]) -> UInt64 {
        // FNV-1a; the same in every run, so that findings are too.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for step in path {
            for byte in step.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01B3 }
            hash = (hash ^ 0x2E) &* 0x0100_0000_01B3
        }
        return 1 << (hash >> 58)
    }

    /// Whether `implies` is worth asking: all that `other` needs is named here.
    func mayImply(_ other: Asked) -> Bool { other.needed & ~named == 0 }

    /// About how many pairs of tests `implies` looks at.
    func cost(of other: Asked) -> Int {
        let mine = alternatives.joined().reduce(0) { $0 + $1.literals.count + $1.others.count + 1 }
        let wide = other.alternatives.joined().reduce(0) { $0 + $1.others.count + 1 }
        return mine * wide
    }

    /// Whether every event that holds this holds `other`; `false` only says that there is no proof.
    func implies(_ other: Asked) -> Bool {
        alternatives.allSatisfy { narrow in
            other.alternatives.contains { Self.implies(narrow, $0) }
        }
    }

    private static func implies(_ narrow: [Condition], _ wide: [Condition]) -> Bool {
        wide.allSatisfy { asked in
            if asked.isAlways { return true }
            guard let given = narrow.first(where: asked.meets) else { return false }
            if !asked.wantsAbsence { return given.implies(asked) }
            // Absence is decided in the elements that the other conditions choose: what pins an
            // element here must pin it there. Fields with another first step share no array.
            return narrow.allSatisfy { pin in
                pin.wantsAbsence || !pin.path[0].hasSameBytes(as: asked.path[0])
                    || wide.contains(where: pin.meets)
            }
        }
    }
}

extension Asked.Condition {
    init(_ condition: PatternCondition, of leaf: PatternLeaf, _ shape: EventShape) {
        let tests = leaf.tests.filter {
            $0 != .absent && shape.foresee($0, at: leaf.path) != .never
        }
        path = leaf.path
        literals = Set(tests.filter(\.isLiteral))
        others = tests.filter { !$0.isLiteral }
        wantsAbsence = condition.wantsAbsence
        isAlways = shape.foresee(condition, of: leaf) == .always
    }
}

/// Patterns by a literal that whatever implies them must ask for, so that among thousands of
/// rules on one field only a few are compared.
struct AskedIndex {
    private struct Key: Hashable {
        let path: [[UInt8]]
        let literal: ValueTest

        init(_ path: [String], _ literal: ValueTest) {
            self.path = path.map { Array($0.utf8) }
            self.literal = literal
        }
    }

    private var byLiteral: [Key: [Int]] = [:]
    private var rest: [Int] = []

    mutating func add(_ asked: Asked, _ place: Int) {
        var keys: Set<Key> = []
        for conditions in asked.alternatives {
            let literal = conditions.first {
                !$0.isAlways && !$0.wantsAbsence && $0.others.isEmpty && !$0.literals.isEmpty
            }
            guard let literal else {
                rest.append(place)
                return
            }
            for test in literal.literals { keys.insert(Key(literal.path, test)) }
        }
        for key in keys { byLiteral[key, default: []].append(place) }
    }

    /// The places of all patterns that this one may imply, ascending.
    ///
    /// Its first alternative implies one of theirs, whose literal it then asks for itself, with
    /// every value of its list and so with any of them.
    func mayBeImplied(by asked: Asked) -> [Int] {
        var places = Set(rest)
        for condition in asked.alternatives.first ?? [] where !condition.wantsAbsence {
            guard let any = condition.literals.first else { continue }
            places.formUnion(byLiteral[Key(condition.path, any)] ?? [])
        }
        return places.sorted()
    }
}
