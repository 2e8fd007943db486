/// Where this machine may call: https, a few ports and public addresses, unless a rule says more.
///
/// Asked twice. ``check(url:)`` before anything happens, and
/// ``check(_:port:scheme:from:)`` on the address that is really connected to, since only
/// that one is the truth: names change between two look-ups, and an address has many spellings.
///
/// Only ``AllowRule`` lifts anything, and it lifts scheme, address and port together
/// (`egress.allow`). Our own listeners are never a target, allowed or not: whoever may choose a
/// callback URL must not be able to speak to our API from the inside.
package struct EgressPolicy: Hashable, Sendable {
    /// An address and port on which we listen; the unspecified address stands for all of ours.
    package struct Listener: Hashable, Sendable {
        package let address: IPAddress
        package let port: UInt16

        package init(_ address: IPAddress, port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    package static let portsByDefault: [UInt16] = [443, 8443]

    package let allow: [AllowRule]
    /// `egress.ports`: what public addresses may be called on.
    package let ports: [UInt16]
    package let ownListeners: [Listener]

    package init(
        allow: [AllowRule] = [],
        ports: [UInt16] = EgressPolicy.portsByDefault,
        ownListeners: [Listener] = []
    ) {
        self.allow = allow
        self.ports = ports
        self.ownListeners = ownListeners
    }

    /// Refuses what can be refused without asking a name server, and tells where the URL leads.
    ///
    /// Passing is no permission to connect. A host written as an address, in whichever spelling, is
    /// checked whole, and so is `localhost`, so that a configuration is refused when it is read and
    /// not when it is used.
    @discardableResult
    package func check(url: String) throws(EgressRefusal) -> EgressTarget {
        let target = try EgressTarget(url: url)
        if let address = target.address {
            try check(address, port: target.port, scheme: target.scheme)
            return target
        }
        if target.isLocalhost { try checkLocalhost(target) }
        // A rule may still lift both, depending on the address that the name leads to.
        if allow.contains(where: { $0.covers(port: target.port) }) { return target }
        try checkScheme(target.scheme)
        try checkPort(target.port)
        return target
    }

    /// Refuses an address that must not be connected to.
    ///
    /// - Parameter local: Our end of the connection, where it exists already. A connection from an
    ///   address to itself leads to this machine, which is how a listener on all addresses is told
    ///   apart from a neighbour that listens on the same port.
    /// - Returns: What lets it pass, and with it the pool that the connection belongs in.
    @discardableResult
    package func check(
        _ address: IPAddress,
        port: UInt16,
        scheme: EgressTarget.Scheme,
        from local: IPAddress? = nil
    ) throws(EgressRefusal) -> EgressGround {
        if leadsToOurselves(address, port: port, from: local) {
            throw EgressRefusal(
                .ownListener, "\(address) port \(port) is our own listener, which is never called")
        }
        if let rule = allow.first(where: { $0.covers(address, port: port) }) { return .rule(rule) }
        if let words = SpecialRanges.words(for: address) {
            throw EgressRefusal(
                .address, "\(address) is not a public address (\(words))",
                remedy: "if it is meant, add \(rule(address, port)) to egress.allow")
        }
        do {
            try checkScheme(scheme)
            try checkPort(port)
        } catch {
            throw EgressRefusal(
                error.code, error.reason,
                remedy: error.remedy + ", or add \(rule(address, port)) to egress.allow")
        }
        return .publicAddress
    }

    /// What a connection to this target will most likely be let pass by, so that it is looked for
    /// in the right pool; what it was really let pass by is only known from its address.
    package func groundExpected(for target: EgressTarget) -> EgressGround {
        guard !allow.isEmpty else { return .publicAddress }
        if let address = target.address {
            let rule = allow.first { $0.covers(address, port: target.port) }
            return rule.map { .rule($0) } ?? .publicAddress
        }
        if target.scheme == .https, ports.contains(target.port) { return .publicAddress }
        return allow.first { $0.covers(port: target.port) }.map { .rule($0) } ?? .publicAddress
    }

    private func checkLocalhost(_ target: EgressTarget) throws(EgressRefusal) {
        let loopback = [IPAddress(.v4, 0x7F00_0001), IPAddress(.v6, 1)]
        var refusal: EgressRefusal?
        for address in loopback {
            do throws(EgressRefusal) {
                try check(address, port: target.port, scheme: target.scheme)
                return
            } catch {
                // The first is the one that people mean.
                refusal = refusal ?? error
            }
        }
        if let refusal { throw refusal }
    }

    private func checkScheme(_ scheme: EgressTarget.Scheme) throws(EgressRefusal) {
        guard scheme == .https else {
            throw EgressRefusal(.scheme, "plain http is refused", remedy: "use https")
        }
    }

    private func checkPort(_ port: UInt16) throws(EgressRefusal) {
        guard ports.contains(port) else {
            let usual = ports.map(String.init).joined(separator: ", ")
            throw EgressRefusal(
                .port, "port \(port) is refused",
                remedy: "use one of \(usual), add it to egress.ports")
        }
    }

    private func rule(_ address: IPAddress, _ port: UInt16) -> AllowRule {
        let width = address.family.bitWidth
        return AllowRule(AddressBlock(around: address, prefixLength: width), port: port)
    }

    private func leadsToOurselves(
        _ address: IPAddress, port: UInt16, from local: IPAddress?
    ) -> Bool {
        let target = address.unmapped
        return ownListeners.contains { listener in
            guard listener.port == port else { return false }
            let own = listener.address.unmapped
            if own == target { return true }
            // Connecting to the unspecified address reaches loopback.
            if target.isUnspecified { return own.isUnspecified || own.isLoopback }
            return own.isUnspecified && (target.isLoopback || target == local?.unmapped)
        }
    }
}

/// Why the policy forbids a request, and what would allow it.
package struct EgressRefusal: Error, Hashable, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable, CaseIterable {
        case malformedURL, credentials, scheme, port, address, ownListener
        /// Neither IPv4 nor IPv6.
        case family
    }

    package let code: Code
    /// For the operator; names host address and port, never path or query.
    package let reason: String
    /// What to do about it; empty where nothing helps but another URL.
    package let remedy: String

    package init(_ code: Code, _ reason: String, remedy: String = "") {
        self.code = code
        self.reason = reason
        self.remedy = remedy
    }

    /// Reason and remedy in one line, for a log and for the record of an attempt.
    package var detail: String { remedy.isEmpty ? reason : reason + ": " + remedy }

    package var description: String { detail }
}

/// What lets a connection pass.
///
/// Connections that one rule lifts are kept in a pool of its own (`CurlTransport`), so that no
/// mistake about one target can hand it a connection that was opened under another's permission.
package enum EgressGround: Hashable, Sendable {
    case publicAddress
    /// The first of `egress.allow` that covers address and port.
    case rule(AllowRule)
}
