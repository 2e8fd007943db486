import Domain
package import Storage
package import StrictJSON

/// Why a person's wish is not carried out: what is wrong, where, and what would be accepted.
///
/// The API shows it as a problem, the commands as two lines; neither needs to know more.
package struct AdministrationError: Error, Hashable {
    /// Stable words: clients switch on them.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        case notFound = "not_found"
        /// A filter, a cursor or a limit that means nothing.
        case parameterInvalid = "parameter_invalid"
        /// Well-formed, and cannot be: a cursor of another list, an end before its beginning.
        case parameterRefused = "parameter_refused"
        /// Not one strict JSON object, or members that are not what is asked for.
        case bodyInvalid = "body_invalid"
        case ruleInvalid = "rule_invalid"
        /// What was to be changed is not what was read before.
        case changedMeanwhile = "changed_meanwhile"
        /// The rule stands in a file, and is changed there.
        case ruleReadOnly = "rule_read_only"
        case rulesTooMany = "rules_too_many"
        /// What an endpoint, a connection or a source is to be.
        case definitionInvalid = "definition_invalid"
        /// It stands in the configuration, and is changed there.
        case definitionReadOnly = "definition_read_only"
        case definitionsTooMany = "definitions_too_many"
        /// Rules name it, or work waits for it.
        case definitionInUse = "definition_in_use"
        /// Only a task that is `unresolved` waits for a person's decision.
        case taskNotUnresolved = "task_not_unresolved"
        /// Somebody else, mostly a worker, is at the task or delivery at this very moment.
        case taskBusy = "task_busy"
        case decisionInvalid = "decision_invalid"
        /// What a key is to be called or to allow.
        case keyInvalid = "key_invalid"
        /// Nobody could do anything after that.
        case keyLast = "key_last"
        case keysTooMany = "keys_too_many"
        /// So many secrets of one endpoint or source count already.
        case secretsTooMany = "secrets_too_many"
        /// Members of a body that mean nothing, or nothing that is there.
        case requestInvalid = "request_invalid"
        /// Something may be on the wire, or it is over.
        case taskNotQueued = "task_not_queued"
        /// Only what failed or was cancelled is done again.
        case taskNotRetryable = "task_not_retryable"
        case deliveryNotPending = "delivery_not_pending"
        /// It only tells of a copy by hand, and no rule sees it.
        case eventByHand = "event_by_hand"
        /// The configuration has no endpoint of that name any more.
        case endpointUnknown = "endpoint_unknown"
        /// The key was used for something else.
        case keyTaken = "key_taken"
        /// The name is that of a configured source.
        case sourceTaken = "source_taken"
        /// A wish of this Idempotency-Key is being carried out at this moment.
        case wishInHand = "idempotency_key_in_use"
        /// The Idempotency-Key came with another wish before.
        case wishKeyReused = "idempotency_key_reused"
        /// Not said to be of a type that is taken here.
        case contentType = "content_type"
        case storeUnavailable = "store_unavailable"
        case storeFull = "store_full"
        /// A bug or a damaged file; the log says more.
        case unexpected = "unexpected"
    }

    package let code: Code
    /// The same for every error of this code, a few words.
    package var title: String { code.title }
    /// What is wrong this time, one sentence without a full stop.
    package let detail: String
    /// The place in the body that was sent, where it is about one.
    package let pointer: JSONPointer?
    /// What would be accepted, or what to do.
    package let remedy: String

    package init(_ code: Code, _ detail: String, pointer: JSONPointer? = nil, remedy: String) {
        self.code = code
        self.detail = detail
        self.pointer = pointer
        self.remedy = remedy
    }
}

extension AdministrationError {
    /// What a client may know of trouble with the store; the driver's words stay in the log.
    package init(_ error: StorageError) {
        switch error.code {
        case .notFound:
            self.init(.notFound, "there is no such thing", remedy: "Look at the list for its id.")
        case .claimLost, .keyBusy, .cancelAsked, .conflict:
            self.init(
                .taskBusy, "a worker is at work on it",
                remedy: "Look at it again in a moment, then decide.")
        case .unavailable:
            self.init(
                .storeUnavailable, "the store cannot be asked right now",
                remedy: "Try again in a few seconds.")
        case .full:
            self.init(
                .storeFull, "the store takes nothing more",
                remedy: "Free space on the disk of the database.")
        case .corrupt:
            self.init(
                .unexpected, "what is stored cannot be read",
                remedy: "The log has the details; report them.")
        }
    }

    init(_ refusal: JSONRefusal) {
        self.init(
            .bodyInvalid, "the body is no strict JSON: \(refusal)",
            remedy: "Send one JSON object in UTF-8, without doubled keys.")
    }
}

extension AdministrationError.Code {
    fileprivate var title: String {
        switch self {
        case .notFound: "Not found"
        case .parameterInvalid: "Parameter not understood"
        case .parameterRefused: "Parameter refused"
        case .bodyInvalid: "Body not understood"
        case .ruleInvalid: "Rule refused"
        case .changedMeanwhile: "Changed meanwhile"
        case .ruleReadOnly: "Rule is read-only"
        case .rulesTooMany: "Too many rules"
        case .definitionInvalid: "Definition refused"
        case .definitionReadOnly: "Definition is read-only"
        case .definitionsTooMany: "Too many definitions"
        case .definitionInUse: "Still in use"
        case .taskNotUnresolved: "Nothing to decide"
        case .taskBusy: "Busy"
        case .decisionInvalid: "Decision refused"
        case .keyInvalid: "Key refused"
        case .keyLast: "The last of its kind"
        case .keysTooMany: "Too many keys"
        case .secretsTooMany: "Too many secrets"
        case .requestInvalid: "Request refused"
        case .taskNotQueued: "Not to be cancelled"
        case .eventByHand: "Event of a copy by hand"
        case .taskNotRetryable: "Not to be done again"
        case .deliveryNotPending: "Not to be cancelled"
        case .endpointUnknown: "Endpoint unknown"
        case .keyTaken: "Key taken"
        case .sourceTaken: "Source taken"
        case .wishInHand: "Under way"
        case .wishKeyReused: "Idempotency-Key reused"
        case .contentType: "Content type not supported"
        case .storeUnavailable: "Store unavailable"
        case .storeFull: "Store full"
        case .unexpected: "Unexpected"
        }
    }
}

extension AdministrationError: CustomStringConvertible {
    /// Two lines: what is wrong and where, then what to do.
    package var description: String {
        let place = pointer.map { $0 == .root ? "" : "\($0): " } ?? ""
        return place + detail + "\n" + remedy
    }
}
