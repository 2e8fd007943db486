package import Domain
import Signing
import StrictJSON
package import Transport

/// `server`: where we listen and who we are to others.
package struct ServerSettings: Sendable {
    /// `listen`: `HOST:PORT`, default `127.0.0.1:8080`.
    ///
    /// Beyond loopback only where it is meant: what listens there should stand behind TLS.
    package let listen: ListenAddress
    /// `public_url`: how senders reach us, without a slash at its end; absent by default.
    package let publicURL: String?
    /// `trusted_proxies`: addresses whose forwarded headers count and that have no limit of
    /// connections; default none.
    package let trustedProxies: [AddressBlock]
    /// `admin_key`: the first key to the API; absent, one is made at the first start.
    ///
    /// Our own form (`chk_…`), or at least 32 visible ASCII characters.
    package let adminKey: Secret?

    init(_ section: SettingSection) {
        listen = section.scalar("listen", .listen, default: ListenAddress.standard)
        publicURL = section.optional("public_url", .baseURL)
        let proxies = section.list("trusted_proxies", .block)
        if proxies == nil { section.show("trusted_proxies", .array([])) }
        trustedProxies = proxies ?? []
        if trustedProxies.contains(where: \.isTooWideForProxies) {
            section.reader.warn(
                section.place("trusted_proxies").problem(
                    "this trusts addresses of strangers, for whom the limit of connections is "
                        + "then lifted",
                    "Name the addresses of your proxies alone, as in 10.1.2.3."))
        }
        adminKey = section.secret("admin_key")
        if let adminKey, !Self.isStrong(adminKey.exposed) {
            section.fail(
                "admin_key", "this is no key",
                "Use a key that copyhook made (chk_…, copied whole), or at least 32 letters, "
                    + "digits and signs, or leave the key out to have one made.")
        }
        if !listen.isLoopback {
            section.reader.warn(
                section.place("listen").problem(
                    "the service listens beyond this machine",
                    "Put it behind a proxy with TLS and name that in trusted_proxies, or listen "
                        + "on 127.0.0.1."))
        }
        section.finish()
    }

    private static func isStrong(_ key: String) -> Bool {
        if key.hasPrefix(APIKey.prefix) { return APIKey.isWellFormed(key) }
        return key.utf8.count >= 32 && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// An address to listen on.
package struct ListenAddress: Hashable, Sendable {
    /// An IP address without brackets, or `localhost`.
    package let host: String
    /// 0 takes any free port.
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package static let standard = ListenAddress(host: "127.0.0.1", port: 8080)

    /// Reads `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`.
    package init?(text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits)
        else { return nil }
        let name = text[..<colon]
        if name == "localhost" {
            self.init(host: "localhost", port: Int(port))
        } else if name.hasPrefix("["), name.hasSuffix("]") {
            guard let address = IPAddress(parsing: name.dropFirst().dropLast()),
                address.family == .v6
            else { return nil }
            self.init(host: "\(address)", port: Int(port))
        } else {
            guard let address = IPAddress(parsing: name), address.family == .v4 else { return nil }
            self.init(host: "\(address)", port: Int(port))
        }
    }

    package var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    package var isLoopback: Bool { addresses.allSatisfy(\.unmapped.isLoopback) }

    /// What never is the target of a call of ours: for `localhost` both loopbacks, since which of
    /// them it leads to is for the system to say.
    package var addresses: [IPAddress] {
        (host == "localhost" ? ["127.0.0.1", "::1"] : [host]).compactMap { IPAddress(parsing: $0) }
    }
}

extension AddressBlock {
    /// Wider than the widest network that can be one's own: 10.0.0.0/8, and fc00::/7.
    fileprivate var isTooWideForProxies: Bool {
        prefixLength < (base.family == .v4 ? 8 : 7)
    }
}

extension SettingKind<ListenAddress> {
    static var listen: SettingKind {
        SettingKind(
            remedy: "Write HOST:PORT with an IP address, as in 127.0.0.1:8080 or [::1]:8080.",
            read: { ListenAddress(text: $0) }, show: { .string($0.text) })
    }
}

extension SettingKind<AddressBlock> {
    static var block: SettingKind {
        SettingKind(
            remedy: "Write an address or a block, as in 10.1.2.3 or 10.0.0.0/8.",
            read: { text in
                guard let rule = try? AllowRule(parsing: text), rule.port == nil else {
                    return nil
                }
                return rule.block
            },
            show: { .string("\($0)") }, isText: true)
    }
}

extension SettingKind<String> {
    /// A URL to which paths are added; slashes at its end are dropped.
    static var baseURL: SettingKind {
        SettingKind(
            remedy: "Write https://HOST without user, query and fragment.",
            read: { text in
                guard (try? EgressTarget(url: text)) != nil,
                    !text.utf8.contains(where: { "?#".utf8.contains($0) })
                else { return nil }
                var url = text[...]
                while url.hasSuffix("/") { url.removeLast() }
                return String(url)
            },
            show: { .string($0) }, isText: true)
    }
}
