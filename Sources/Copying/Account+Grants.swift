import Domain
import Providers

/// What became of a conversation that needs a grant.
enum Conversed<Outcome: Sendable>: Sendable {
    case said(Outcome, Exchange?)
    /// The credential, or what it may do, is refused, and a new grant was no help.
    case unauthorized(Failure, isCredential: Bool)
    /// A grant is not to be had now.
    case noGrant(Trouble)
    case heldBack(Duration)
    case cancelled
}

extension Account {
    /// Longer than anything runs.
    private static let everAfter: Duration = .days(36_500)

    /// Carries a conversation with a grant, and once more with a new one when that is refused.
    ///
    /// What ends badly on an answer that somebody else got is asked once more with own eyes.
    ///
    /// - Parameter isRefusal: Whether an outcome without trouble is bad news nevertheless.
    func converse<Outcome>(
        _ manner: Manner, _ talk: (Grant) -> Talk<Outcome>, trouble: (Outcome) -> Trouble?,
        isRefusal: (Outcome) -> Bool = { _ in false }
    ) async -> Conversed<Outcome> {
        var manner = manner
        var isRepeat = false
        while true {
            let grant: Grant
            switch await self.grant(manner) {
            case .done(.granted(let granted), _): grant = granted
            case .done(.refused(let failure), _):
                health.noteRefused(failure)
                return .unauthorized(failure, isCredential: true)
            case .done(.trouble(let trouble), _):
                note(trouble, after: .query)
                return .noGrant(trouble)
            case .heldBack(let wait): return .heldBack(wait)
            case .cancelled: return .cancelled
            }
            var part = SharedPart()
            switch await carry(talk(grant), manner, noting: &part) {
            case .cancelled: return .cancelled
            case .heldBack(let wait): return .heldBack(wait)
            case .done(let outcome, let exchange):
                let trouble = trouble(outcome)
                if trouble != nil || isRefusal(outcome) {
                    forget(part)
                    if part.isSecondHand {
                        manner.isWithOwnEyes = true
                        continue
                    }
                }
                guard let trouble else {
                    noteSuccess(of: .query)
                    return .said(outcome, exchange)
                }
                note(trouble, after: .query)
                guard trouble.isGrantRefused else { return .said(outcome, exchange) }
                await drop(grant)
                guard grant.isRenewable, !isRepeat else {
                    if trouble.isCredentialRefused { health.noteRefused(trouble.failure) }
                    return .unauthorized(
                        trouble.failure, isCredential: trouble.isCredentialRefused)
                }
                isRepeat = true
            }
        }
    }

    /// The grant in use, or a new one; whoever comes first gets it for all.
    func grant(_ manner: Manner) async -> Carried<Authorization> {
        let grant = await grants.value(
            of: connection.name, at: time.elapsed(), notOlderThan: Self.everAfter,
            isGood: { [time] carried in
                guard case .done(.granted(let grant), _) = carried else { return false }
                return grant.renewAt.map { time.now() < $0 } ?? true
            },
            make: {
                let now = time.now()
                if let kept = await keeper.kept(for: connection, at: now) {
                    return .done(.granted(kept), nil)
                }
                var chance = chance
                let id = Identifier<Grant>.make("jti_", at: now, using: &chance)
                let carried = await carry(
                    platform.authorize(at: now, tokenID: id.rawValue), manner)
                if case .cancelled = carried { return nil }
                if case .done(.granted(let grant), _) = carried, grant.isRenewable {
                    await keeper.keep(grant, for: connection, at: now)
                }
                // What was exchanged holds the grant itself.
                if case .done(let authorization, _) = carried { return .done(authorization, nil) }
                return carried
            })
        return grant ?? .cancelled
    }

    /// Forgets a grant that was refused, unless somebody has got a newer one already.
    ///
    /// The keeper first: whoever then finds none in memory must not be handed the refused one.
    func drop(_ grant: Grant) async {
        if grant.isRenewable { await keeper.forget(grant, for: connection) }
        grants.forget(connection.name) { carried in
            guard case .done(.granted(let kept), _) = carried else { return false }
            return kept == grant
        }
    }
}
