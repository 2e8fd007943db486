package import Domain
package import Logging
package import Rules
package import Sealing
import Signing
package import Storage
package import StrictJSON

/// What people do with the running service, once; the API and the commands are faces of it.
///
/// Answers are JSON values in the shapes that the API shows, since every face wants the same.
package struct Administrator: Sendable {
    /// How long a task is on loan to a person's decision; the decision itself takes one commit.
    static let leaseOfDecision: Duration = .seconds(30)

    let store: any Store
    let destinations: DestinationBook
    let desks: DefinitionDesks
    let sources: [SourceSummary]
    /// Where sources are put in, closed and opened; without one there are those of before alone.
    package let sourceDesk: SourceDesk?
    let endpointSecrets: RotatedSecrets
    let strongbox: Strongbox
    let time: TimeSource
    var chance: Chance
    /// What is being carried out, where it came under a key of its sender's own.
    var wish: WishInHand?
    let rehearse: Rehearsal
    let publish: Publish
    let tryEndpoint: EndpointTrying
    let tryConnection: ConnectionTrying
    let nudges: Nudges
    let log: Logger
    let decisions = Turnstile()
    let rotations = Turnstile()
    let switches = Turnstile()
    /// Where rules are changed; rule files that change on disk come in here, too.
    package let desk: RuleDesk
    /// How things stand with the rule files; who follows them writes it.
    package let ruleFiles: RuleFilesState
    /// Who may ask.
    package let keyDesk: KeyDesk

    /// Hints to the rooms that a decision made work for them; losing one costs time only.
    package struct Nudges: Sendable {
        package let matching: @Sendable () -> Void
        package let copying: @Sendable () -> Void
        package let notifying: @Sendable () -> Void

        package init(
            matching: @escaping @Sendable () -> Void = {},
            copying: @escaping @Sendable () -> Void = {},
            notifying: @escaping @Sendable () -> Void = {}
        ) {
            self.matching = matching
            self.copying = copying
            self.notifying = notifying
        }
    }

    /// - Parameters:
    ///   - book: Filled by ``RuleDesk/rebuild()``, which the composition root calls before the
    ///     first event is matched.
    ///   - fileRules: As read from files at start, checked.
    ///   - ruleFiles: Where whoever follows the rule files says what became of them.
    ///   - destinations: The connections and endpoints, which rules may name; over these a person
    ///     may have something copied, and those hear of a task's end by a person's decision.
    ///   - sourceNames: What patterns may ask for; by default unknown.
    ///   - endpointSecrets: Where secrets that sign are rotated.
    ///   - strongbox: Seals what is kept of wishes; without one it opens while the process
    ///     lives.
    ///   - presetKey: `server.admin_key`.
    ///   - rehearse: What `Matching` would decide, which this room does not know.
    ///   - publish: The way through `Intake`, which it does not know either.
    ///   - tryEndpoint: How a real message would go out, which `Notifying` knows.
    ///   - tryConnection: What its platform says of a connection, which `Copying` knows.
    ///   - desks: Where destinations are put in; ``start()`` fills them.
    package init(
        store: any Store, book: RuleBook, fileRules: [Rule], destinations: DestinationBook,
        desks: DefinitionDesks,
        ruleFiles: RuleFilesState = RuleFilesState(directory: nil),
        sources: [SourceSummary] = [], sourceNames: (@Sendable () -> [String])? = nil,
        sourceDesk: SourceDesk? = nil,
        endpointSecrets: RotatedSecrets = RotatedSecrets(of: "endpoint"),
        strongbox: Strongbox? = nil,
        time: TimeSource, chance: Chance, presetKey: Secret? = nil,
        rehearse: @escaping Rehearsal,
        publish: @escaping Publish, tryEndpoint: @escaping EndpointTrying,
        tryConnection: @escaping ConnectionTrying = { _ in .nothing },
        nudges: Nudges = Nudges(), log: Logger
    ) {
        self.store = store
        self.destinations = destinations
        self.desks = desks
        self.sources = sources
        self.sourceDesk = sourceDesk
        self.endpointSecrets = endpointSecrets
        var generator = chance
        self.strongbox =
            strongbox
            ?? Strongbox(store, keys: KeyRing(MasterKey(using: &generator)), chance: chance)
        self.time = time
        self.chance = chance
        self.rehearse = rehearse
        self.publish = publish
        self.tryEndpoint = tryEndpoint
        self.tryConnection = tryConnection
        self.nudges = nudges
        self.ruleFiles = ruleFiles
        self.log = log
        desk = RuleDesk(
            registry: store, book: book, fileRules: fileRules,
            references: References(destinations, sourceNames: sourceNames), log: log)
        keyDesk = KeyDesk(keyring: store, preset: presetKey, time: time, log: log)
    }

    var connections: [Connection] { destinations.current.connections }
    var audience: Audience { destinations.current.audience }

    /// Puts what was put in at run time in force: definitions, then rules, which name them.
    package func start() async throws(AdministrationError) {
        try await readSwitches()
        try await desks.rebuild()
        try await desk.rebuild()
    }

    /// The time that durations back are counted from: for a wish that comes again, the same.
    package var now: Timestamp { wish?.madeAt ?? time.now() }

    /// Asks the store, and turns its trouble into what a client may know.
    func ask<Value>(
        _ question: () async throws(StorageError) -> Value
    ) async throws(AdministrationError) -> Value {
        do {
            return try await question()
        } catch {
            // What is not there, or taken, is an answer; the rest is trouble.
            let isTrouble =
                switch error.code {
                case .notFound, .claimLost, .keyBusy, .cancelAsked, .conflict: false
                case .unavailable, .full, .corrupt: true
                }
            if isTrouble {
                log.error(
                    "administration.store",
                    metadata: ["code": "\(error.code.rawValue)", "detail": "\(error.detail)"])
            }
            throw AdministrationError(error)
        }
    }
}

extension Administrator {
    /// What is kept of a person's doing.
    func note(
        _ verb: AuditVerb, of object: String, by who: Principal, at now: Timestamp,
        _ details: JSONObject = JSONObject()
    ) -> AuditNote {
        var details = details
        if let wish { details["wish"] = .string(wish.id) }
        return AuditNote(verb, of: object, by: who.author, at: now, details: details)
    }
}

// MARK: - Rules

extension Administrator {
    /// `{"rules": […], "files"}`: every rule, and how things stand with the rule files.
    package func rules() async throws(AdministrationError) -> JSONValue {
        ["rules": .array(try await desk.list().map(\.json)), "files": ruleFiles.json]
    }

    package func rule(_ name: String) async throws(AdministrationError) -> JSONValue {
        try await desk.rule(name).json
    }

    /// Checks a rule, stores it, and puts it in force before this returns.
    ///
    /// - Returns: The rule as the API shows it, and whether there was none of that name before.
    package func putRule(
        _ name: String, definition: [UInt8], if condition: Precondition = Precondition(),
        by who: Principal
    ) async throws(AdministrationError) -> (rule: JSONValue, isNew: Bool) {
        let (entry, isNew) = try await desk.put(
            name, definition: definition, if: condition, by: who, at: time.now())
        return (entry.json, isNew)
    }

    package func deleteRule(
        _ name: String, if condition: IfMatch? = nil, by who: Principal
    ) async throws(AdministrationError) {
        try await desk.delete(name, if: condition, by: who, at: time.now())
    }

    /// `{"dry_run", "created", "changed", "deleted", "unchanged", "rules": […]}`, each rule that is
    /// another afterwards field by field.
    package func applyRules(
        _ wanted: RuleApplication, if condition: IfMatch? = nil, by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        try await desk.apply(wanted, if: condition, by: who, at: time.now()).json
    }

    /// `{"versions": […]}`, newest first.
    package func ruleVersions(_ name: String) async throws(AdministrationError) -> JSONValue {
        try await desk.versions(name)
    }

    /// Switches a rule on or off, before this returns; one that is as it should be stays so.
    package func setRule(
        _ name: String, enabled isEnabled: Bool, if condition: IfMatch? = nil, by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        let now = time.now()
        let verb = isEnabled ? AuditVerb.ruleEnabled : .ruleDisabled
        // Somebody else may have switched it since.
        if try await hasDone(verb, of: name) { return try await rule(name) }
        let note = note(verb, of: name, by: who, at: now)
        return try await desk.set(
            name, enabled: isEnabled, if: condition, at: now, noting: note
        ).json
    }
}
