import Crypto
import CryptoExtras
package import Domain

/// An RSA key that signs JSON Web Tokens.
package struct RSAPrivateKey: Sendable {
    private let key: _RSA.Signing.PrivateKey

    /// Reads a key of at least 2048 bits in PEM: `BEGIN PRIVATE KEY` (PKCS#8) or
    /// `BEGIN RSA PRIVATE KEY` (PKCS#1), not encrypted.
    ///
    /// Line ends of Windows and white space around it are accepted, and a text on one line whose
    /// line feeds are spelled `\n`, as environment variables hold it.
    package init(pem: Secret) throws(SigningError) {
        let text = normalized(pem.exposed)
        guard let block = PEMBlock(text) else {
            throw SigningError(
                .undecodable, "expected one PEM block, -----BEGIN PRIVATE KEY----- and so on")
        }
        switch block.label {
        case "PRIVATE KEY", "RSA PRIVATE KEY": break
        case "ENCRYPTED PRIVATE KEY":
            throw SigningError(.wrongKind, "the private key is encrypted; store it decrypted")
        default:
            throw SigningError(.wrongKind, "expected an RSA private key, found \(block.label)")
        }
        if text.contains("Proc-Type:") {
            throw SigningError(.wrongKind, "the private key is encrypted; store it decrypted")
        }
        guard let key = try? _RSA.Signing.PrivateKey(pemRepresentation: text) else {
            throw SigningError(
                .undecodable, "the PEM block holds no RSA private key of at least 2048 bits")
        }
        self.key = key
    }

    /// A new key of 2048 bits, for simulators and tests.
    ///
    /// The chance is the library's own and cannot be seeded.
    package static func make() throws(SigningError) -> RSAPrivateKey {
        guard let key = try? _RSA.Signing.PrivateKey(keySize: .bits2048) else {
            throw SigningError(.failed, "making an RSA key failed")
        }
        return RSAPrivateKey(key: key)
    }

    private init(key: _RSA.Signing.PrivateKey) { self.key = key }

    /// PKCS#8 in PEM, as ``init(pem:)`` reads it.
    package var pem: Secret { Secret(key.pkcs8PEMRepresentation) }

    package var publicKey: RSAPublicKey { RSAPublicKey(key: key.publicKey) }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    ///
    /// RFC 8017 section 8.2; deterministic.
    func signature(over bytes: [UInt8]) throws(SigningError) -> [UInt8] {
        guard
            let signature = try? key.signature(
                for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5)
        else { throw SigningError(.failed, "RSA signing failed") }
        return Array(signature.rawRepresentation)
    }
}

extension RSAPrivateKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "<RSA private key>" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// The other half: what a platform, or its simulator, checks tokens with.
package struct RSAPublicKey: Sendable {
    fileprivate let key: _RSA.Signing.PublicKey

    fileprivate init(key: _RSA.Signing.PublicKey) { self.key = key }

    /// Reads `BEGIN PUBLIC KEY` (SPKI) or `BEGIN RSA PUBLIC KEY` (PKCS#1), at least 2048 bits.
    package init(pem: String) throws(SigningError) {
        guard let key = try? _RSA.Signing.PublicKey(pemRepresentation: normalized(pem)) else {
            throw SigningError(
                .undecodable, "expected an RSA public key of at least 2048 bits in PEM")
        }
        self.key = key
    }

    /// SPKI in PEM.
    package var pem: String { key.pemRepresentation }

    func isValid(_ signature: [UInt8], over bytes: [UInt8]) -> Bool {
        key.isValidSignature(
            _RSA.Signing.RSASignature(rawRepresentation: signature),
            for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5)
    }
}

/// The label of a text that is one PEM block and nothing else.
///
/// RFC 7468.
private struct PEMBlock {
    let label: String

    init?(_ text: String) {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n")).map { String(Substring($0)) }
        guard lines.count >= 3, lines.count(where: { $0.hasPrefix("-----") }) == 2,
            let first = lines.first, let last = lines.last,
            let rest = first.suffix(behind: "-----BEGIN "), rest.hasSuffix("-----")
        else { return nil }
        label = String(rest.dropLast(5))
        guard last == "-----END \(label)-----" else { return nil }
    }
}

private func normalized(_ pem: String) -> String {
    var bytes: [UInt8] = []
    var isEscape = false
    let holdsLines = pem.utf8.contains(UInt8(ascii: "\n"))
    for byte in pem.utf8 where byte != UInt8(ascii: "\r") {
        switch (isEscape, byte) {
        case (false, UInt8(ascii: "\\")) where !holdsLines: isEscape = true
        case (true, UInt8(ascii: "n")):
            bytes.append(UInt8(ascii: "\n"))
            isEscape = false
        default:
            bytes.append(byte)
            isEscape = false
        }
    }
    let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x0A || $0 == 0x09 }
    let start = bytes.firstIndex { !isBlank($0) } ?? bytes.endIndex
    let end = bytes.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start
    return String(decoding: bytes[start..<end], as: UTF8.self) + "\n"
}
