package import StrictJSON

/// Patterns under numbers, compiled together.
///
/// A few layers: most patterns stand in the first, and what was added since in one or two small
/// ones, so that one more does not compile the rest again. An event is held against each layer.
package struct RuleSet: Sendable {
    /// The largest first.
    private var layers: [Layer] = []
    private let hitsMax: Int

    /// Of twelve bytes, in two scans at a time: no event that a listener accepts makes the matcher
    /// take more than some tens of MB, whatever the rules.
    package static let hitsMax = 1 << 20

    /// How much smaller than the layer before it a layer stays.
    private static let ratio = 32
    private static let layersMax = 3

    /// - Parameters:
    ///   - patterns: A number that comes twice answers when either pattern matches, once.
    ///   - hitsMax: How often the values of one event may pass tests before the event is scanned
    ///     more than once; at least 1, and smaller in tests only.
    package init(_ patterns: [(Int, Pattern)], hitsMax: Int = Self.hitsMax) {
        self.hitsMax = hitsMax
        if !patterns.isEmpty { layers = [Layer(patterns, hitsMax)] }
    }

    package var isEmpty: Bool { layers.isEmpty }
    /// Patterns in all.
    package var count: Int { layers.reduce(0) { $0 + $1.count } }
    /// How many patterns were compiled together, the largest layer first.
    package var layerCounts: [Int] { layers.map(\.count) }
    /// Bytes held besides the patterns' texts.
    package var size: Int { layers.reduce(0) { $0 + $1.size } }

    /// The set with more patterns.
    package func adding(_ patterns: [(Int, Pattern)]) -> RuleSet {
        guard !patterns.isEmpty else { return self }
        var set = self
        var patterns = patterns
        while let last = set.layers.last,
            set.layers.count == Self.layersMax || last.count < patterns.count * Self.ratio
        {
            patterns = last.patterns + patterns
            set.layers.removeLast()
        }
        set.layers.append(Layer(patterns, hitsMax))
        return set
    }

    /// The numbers of the patterns that the event matches.
    ///
    /// - Parameter bytes: The event: one JSON object, UTF-8, of any size.
    /// - Returns: Ascending, none twice.
    /// - Throws: When the bytes are no JSON, or something other than an object.
    package func matches(document bytes: [UInt8]) throws(JSONRefusal) -> [Int] {
        _ = try JSONValue(eventParsing: bytes)
        return matches(checked: bytes) ?? []
    }

    /// The same for bytes that the strict parser has let through before.
    ///
    /// - Returns: `nil` for some bytes that it cannot have let through; other such bytes lead to
    ///   some answer.
    package func matches(checked bytes: [UInt8]) -> [Int]? {
        bytes.withUnsafeBufferPointer { matches(checked: $0) }
    }

    /// The same; not one byte beyond the buffer is read.
    package func matches(checked bytes: UnsafeBufferPointer<UInt8>) -> [Int]? {
        var steps = 0
        return matches(checked: bytes, steps: &steps)
    }

    /// How many steps an event takes beside its scan.
    ///
    /// Each is a look at something on behalf of rules that the event nearly answers. With the event
    /// they are meant to grow as it does; that is held for the shapes in the tests.
    ///
    /// - Returns: `nil` as for `matches`.
    package func steps(checked bytes: [UInt8]) -> Int? {
        var steps = 0
        let found = bytes.withUnsafeBufferPointer { matches(checked: $0, steps: &steps) }
        return found == nil ? nil : steps
    }

    private func matches(
        checked bytes: UnsafeBufferPointer<UInt8>, steps: inout Int
    ) -> [Int]? {
        var found: [Int] = []
        for layer in layers {
            guard layer.match(bytes, into: &found, steps: &steps) else { return nil }
        }
        if layers.count > 1 {
            found.sort()
            var kept = 0
            for index in found.indices where kept == 0 || found[kept - 1] != found[index] {
                found[kept] = found[index]
                kept += 1
            }
            found.removeSubrange(kept...)
        }
        return found
    }
}

/// Patterns compiled into one engine.
private final class Layer: Sendable {
    private let engine: MatchEngine
    /// By the engine's rule, the number it answers with.
    private let numbers: [Int32]
    /// By the engine's rule.
    private let sources: [Pattern]

    init(_ patterns: [(Int, Pattern)], _ hitsMax: Int) {
        let sorted = patterns.indices.sorted { (patterns[$0].0, $0) < (patterns[$1].0, $1) }
        let sources = sorted.map { patterns[$0].1 }
        var builder = EngineBuilder()
        for (rule, pattern) in sources.enumerated() { builder.add(pattern, as: rule) }
        numbers = sorted.map { Int32(patterns[$0].0) }
        self.sources = sources
        engine = builder.build(hitsMax: hitsMax) { PatternEvaluator(sources[$0]) }
    }

    var count: Int { numbers.count }
    var size: Int { engine.tables.pointee.size + numbers.count * 12 }

    var patterns: [(Int, Pattern)] { zip(numbers, sources).map { (Int($0), $1) } }

    /// Appends the numbers, ascending and none twice.
    ///
    /// - Returns: Whether the event's structure fits together.
    func match(
        _ bytes: UnsafeBufferPointer<UInt8>, into found: inout [Int], steps: inout Int
    ) -> Bool {
        let memory = engine.takeMemory(rules: count)
        defer { engine.spare.putBack(memory) }
        guard engine.match(bytes, memory) else { return false }
        steps += memory.scratch.pointee.steps
        var rules = memory.scratch.pointee.rules.buffer
        if rules.isEmpty { return true }
        rules.sort()
        let start = found.count
        found.reserveCapacity(start + rules.count)
        for rule in rules {
            let number = Int(numbers[Int(rule)])
            if found.count == start || found[found.count - 1] != number { found.append(number) }
        }
        return true
    }
}

extension MatchEngine {
    /// Memory to match one event in, to be put back into ``spare``.
    fileprivate func takeMemory(rules: Int) -> MatchMemory {
        spare.take() ?? MatchMemory(for: self, rules: rules)
    }

    /// Leaves the numbers of the rules that match in the scratch memory.
    ///
    /// - Returns: Whether the event's structure fits together.
    fileprivate func match(
        _ bytes: UnsafeBufferPointer<UInt8>, _ memory: MatchMemory
    ) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        memory.begin()
        var scan = EngineScan(self, memory.scratch, bytes, base)
        guard scan.run() else { return false }
        EngineVerdict(self, memory, bytes).run()
        return true
    }
}

extension JSONValue {
    /// Reads an event: one JSON object and nothing behind it, of any size.
    package init(eventParsing bytes: [UInt8]) throws(JSONRefusal) {
        self = try JSONValue(parsing: bytes, limits: .match)
        guard case .object = self else {
            throw JSONRefusal(
                code: .syntax, offset: 0, line: 1, column: 1,
                detail: "an event is one JSON object, not \(kind)")
        }
    }
}
