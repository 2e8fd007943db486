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
    /// Passing is no permission to connect. A host written as a plain address is checked whole, so
    /// that a configuration is refused when it is read and not when it is used.
    @discardableResult
    package func check(url: String) throws(EgressRefusal) -> EgressTarget {
        let target = try EgressTarget(url: url)
        if let address = IPAddress(parsing: target.host) {
            try check(address, port: target.port, scheme: target.scheme)
            return target
        }
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
    package func check(
        _ address: IPAddress,
        port: UInt16,
        scheme: EgressTarget.Scheme,
        from local: IPAddress? = nil
    ) throws(EgressRefusal) {
        if leadsToOurselves(address, port: port, from: local) {
            throw EgressRefusal(
                .ownListener, "\(address) port \(port) is our own listener, which is never called")
        }
        if allow.contains(where: { $0.covers(address, port: port) }) { return }
        if let name = SpecialRanges.name(of: address) {
            throw EgressRefusal(
                .address,
                "\(address) is not a public address (\(name)): if it is meant, add"
                    + " \(rule(address, port)) to egress.allow")
        }
        do {
            try checkScheme(scheme)
            try checkPort(port)
        } catch {
            throw EgressRefusal(
                error.code,
                error.detail + ", or add \(rule(address, port)) to egress.allow")
        }
    }

    private func checkScheme(_ scheme: EgressTarget.Scheme) throws(EgressRefusal) {
        guard scheme == .https else {
            throw EgressRefusal(.scheme, "plain http is refused: use https")
        }
    }

    private func checkPort(_ port: UInt16) throws(EgressRefusal) {
        guard ports.contains(port) else {
            let usual = ports.map(String.init).joined(separator: ", ")
            throw EgressRefusal(
                .port, "port \(port) is refused: use one of \(usual), add it to egress.ports")
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
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { detail }
}
