/// What is asked of one field, any of several tests.
struct EngineCondition {
    let field: Int32
    let tests: EngineStretch
    /// Whether one of the tests is an `anything-but`.
    let hasExclusions: Bool
}

/// What one alternative of a rule asks.
struct EngineConjunction {
    let rule: Int32
    /// Which of the rule's alternatives it is.
    let alternative: Int32
    let parts: EngineStretch
    /// Whether it is met once at most and its rule has no other, so that nothing need be noted.
    var isSole = false
}

/// Conjunctions filed under one test, or under one after another.
struct EnginePlace {
    let filed: EngineStretch
    /// The places below it, in ``EngineTables/below``.
    let below: EngineStretch

    var leadsDeeper: Bool { below.count > 0 }
    /// So few are gone through, and stand in no other table.
    static let fewMax = 16
    var isBelowFew: Bool { below.count <= Self.fewMax }
}

/// A place below another, and the test that leads to it.
struct EngineBelow {
    let test: Int32
    let place: Int32
}
