import Domain
import Storage
import StrictJSON

/// What of the stream a person wants to be told, and from where on; as text, like ``Selection``.
package struct StreamSelection: Hashable, Sendable {
    package static let parameters =
        ["after", "since", "kind", "source", "rule", "endpoint", "entity", "limit"]
    private static let kindsMax = 32

    private let selection: Selection
    private let lastMark: String?

    /// - Parameters:
    ///   - parameters: By their names, no others than ``parameters``.
    ///   - lastMark: What a client saw last that was told something before; it counts most.
    package init(_ parameters: [String: String], lastMark: String? = nil) {
        selection = Selection(parameters)
        self.lastMark = lastMark
    }
}

extension StreamSelection {
    /// The mark to go on from, where there is one.
    var mark: StreamMark? {
        get throws(AdministrationError) {
            guard let text = lastMark ?? selection.parameters["after"] else { return nil }
            // In a header anything may stand: a client keeps what it was told there.
            guard lastMark != nil || StreamMark.isWellFormed(text) else {
                throw AdministrationError(
                    .parameterInvalid, "`after` is no mark of the stream", remedy: Self.marks)
            }
            do throws(StorageError) {
                return try StreamMark(text)
            } catch {
                throw .markRefused
            }
        }
    }

    fileprivate static let marks =
        "Take `next` of a page or the id of a line, unchanged; or leave it out, and say with "
        + "`since` where to begin."

    func since(at now: Timestamp) throws(AdministrationError) -> Timestamp? {
        try selection.moment("since", at: now)
    }

    var limit: Int {
        get throws(AdministrationError) {
            try selection.number("limit", 1...Selection.limitMax, "rows", Selection.limitByDefault)
                ?? Selection.limitByDefault
        }
    }

    /// - Parameter who: Only an administrator is told what the audit says.
    func filter(for who: Principal) throws(AdministrationError) -> HappeningFilter {
        HappeningFilter(
            kinds: try kinds, source: try selection.value("source"),
            rule: try selection.value("rule"), endpoint: try selection.value("endpoint"),
            entity: try selection.value("entity"), isAuditTold: who.may(.admin))
    }

    private var kinds: [String]? {
        get throws(AdministrationError) {
            guard let text = selection.parameters["kind"] else { return nil }
            let words = text.split(separator: ",", omittingEmptySubsequences: false).map {
                String($0)
            }
            let areKnown =
                words.count <= Self.kindsMax
                && words.allSatisfy { word in
                    Happening.kinds.contains { HappeningFilter.hasKind($0, word) }
                }
            guard areKnown else {
                let kinds = Happening.kinds.filter { !$0.hasPrefix("audit.") } + ["audit"]
                throw AdministrationError(
                    .parameterInvalid, "`kind` names nothing that happens",
                    remedy: "Kinds: " + kinds.joined(separator: ", ")
                        + "; or their beginnings, as in task,delivery.attempted.")
            }
            return words
        }
    }
}

extension AdministrationError {
    static let markRefused = AdministrationError(
        .parameterRefused, "`after` is no mark of this store, or one of a newer program",
        remedy: StreamSelection.marks)
}

/// What of the stream is told; all that is given must hold.
///
/// What a happening knows nothing of does not fit: no event is told of where an endpoint is asked
/// for.
struct HappeningFilter: Hashable, Sendable {
    let kinds: [String]?
    let source: String?
    let rule: String?
    let endpoint: String?
    /// The entity's id.
    let entity: String?
    let isAuditTold: Bool

    /// Whether `kind` is `word`, or begins with it and a dot.
    static func hasKind(_ kind: String, _ word: String) -> Bool {
        let (kind, word) = (Array(kind.utf8), Array(word.utf8))
        return kind == word || kind.starts(with: word + [UInt8(ascii: ".")])
    }

    func fits(_ happening: Happening) -> Bool {
        if case .noted = happening.what, !isAuditTold { return false }
        func isAsked(_ wanted: String?, _ found: [String]) -> Bool {
            wanted.map { wanted in found.contains { $0.hasSameBytes(as: wanted) } } ?? true
        }
        let (kind, about) = (happening.kind, happening.about)
        return kinds?.contains { Self.hasKind(kind, $0) } ?? true
            && isAsked(source, [about.source].compactMap(\.self))
            && isAsked(rule, about.rules)
            && isAsked(endpoint, [about.endpoint].compactMap(\.self))
            && isAsked(entity, [about.entity?.id].compactMap(\.self))
    }
}
