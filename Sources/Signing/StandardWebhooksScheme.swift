import Crypto
package import Domain
import StrictJSON

/// Senders that sign as Standard Webhooks or Svix.
///
/// contracts/sources.md section 3.
///
/// The event's key is the `webhook-id`, its type the body's `type`, its time the body's
/// `timestamp`, and its entity the body's `entity` or, failing that, `data.entity`, where one of
/// these is an object of our own shape; pointers in the settings move each of them. An entity
/// that is not there or not readable is absent: many events have none.
package struct StandardWebhooksScheme: SourceScheme {
    /// Which header names the sender uses; chosen by the settings, never by what comes.
    package enum Names: String, Hashable, Sendable, CaseIterable {
        case standard = "webhook"
        case svix
    }

    /// Five minutes, the value of the reference libraries.
    package static let windowDefault = Duration.seconds(300)
    /// Items of a signature header that are looked at; a rotation needs two.
    package static let itemsMax = 32

    private let keys: [StandardWebhooksKey]
    private let window: Duration
    private let names: Names
    private let pointers: SchemePointers

    /// - Parameters:
    ///   - keys: At least one: all secrets (`v1` counts), or all public keys (`v1a` counts).
    ///     Mixing them would let the weaker proof stand for the stronger.
    ///   - window: How far the signed time may be from ours, inclusive, on both sides.
    ///   - names: `svix` for `svix-id` and its like.
    ///   - pointers: Where the parts of the event stand, if not in the usual places.
    /// - Throws: `empty` without keys, `wrongKind` for a private key or a mixture.
    package init(
        keys: [StandardWebhooksKey],
        window: Duration = windowDefault,
        names: Names = .standard,
        pointers: SchemePointers = SchemePointers()
    ) throws(SigningError) {
        guard let first = keys.first else {
            throw SigningError(.empty, "name at least one secret")
        }
        for key in keys where key.kind == .ed25519Private {
            throw SigningError(
                .wrongKind, "a source needs the public key only: \(key.publicKey ?? "whpk_…")")
        }
        guard keys.allSatisfy({ $0.kind == first.kind }) else {
            throw SigningError(.wrongKind, "use whsec_ secrets or whpk_ keys, not both")
        }
        self.keys = keys
        self.window = window
        self.names = names
        self.pointers = pointers
    }

    package func verify(_ request: IncomingRequest, at now: Timestamp) -> Verdict {
        do {
            try checkMethod(request)
            let proof = try Proof(request.headers, names: names)
            try prove(proof, body: request.body)
            try checkFreshness(proof, at: now)
            return .event(try read(request.body, id: proof.id))
        } catch {
            return .refused(error)
        }
    }
}

extension StandardWebhooksScheme {
    private struct Proof {
        let id: String
        let timestamp: String
        let seconds: Int64
        let items: [Substring.UTF8View]

        init(_ headers: HeaderFields, names: Names) throws(VerificationRefusal) {
            let prefix = names.rawValue
            id = try headers.required(prefix + "-id")
            timestamp = try headers.required(prefix + "-timestamp")
            let signature = try headers.required(prefix + "-signature")
            // A dot is allowed here although senders must not use one: what could move over it
            // is a body that would then not be a JSON object.
            guard isVisibleASCII(id) else {
                throw VerificationRefusal(
                    .malformedHeader, "\(prefix)-id is not 1 to 256 visible ASCII characters")
            }
            guard (1...18).contains(timestamp.utf8.count),
                timestamp.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let seconds = Int64(timestamp)
            else {
                throw VerificationRefusal(
                    .malformedHeader, "\(prefix)-timestamp is not 1 to 18 digits")
            }
            self.seconds = seconds
            items = signature.utf8.split(separator: UInt8(ascii: " ")).map {
                Substring($0).utf8
            }
            guard items.count <= itemsMax else {
                throw VerificationRefusal(
                    .malformedHeader, "\(prefix)-signature has more than \(itemsMax) items")
            }
        }

        /// The decoded signatures of that version and length; all else is skipped.
        func signatures(version: String, length: Int) -> [[UInt8]] {
            items.compactMap { item in
                guard let rest = String(Substring(item)).suffix(behind: version + ","),
                    let bytes = Base64.decode(rest), bytes.count == length
                else { return nil }
                return bytes
            }
        }
    }

    /// Compares every signature with every key, whether or not an earlier pair fits.
    private func prove(_ proof: Proof, body: [UInt8]) throws(VerificationRefusal) {
        let content = StandardWebhooksContent(
            id: proof.id, timestamp: proof.timestamp, body: body)
        var isProved = false
        for key in keys {
            switch key.material {
            case .hmac(let secret):
                let expected = content.code(secret)
                for signature in proof.signatures(version: "v1", length: 32) {
                    let isEqual = ConstantTime.areEqual(signature, expected)
                    isProved = isProved || isEqual
                }
            case .ed25519Public(let key):
                for signature in proof.signatures(version: "v1a", length: 64) {
                    let isValid = key.isValidSignature(signature, for: content.bytes)
                    isProved = isProved || isValid
                }
            case .ed25519Private: break
            }
        }
        guard isProved else {
            throw VerificationRefusal(.badSignature, "no configured key made any of the signatures")
        }
    }

    private func checkFreshness(
        _ proof: Proof, at now: Timestamp
    ) throws(VerificationRefusal) {
        // In seconds: 18 digits of them do not fit when multiplied. The sender's clock was cut
        // to the second, ours is, too.
        let age = Duration.seconds(now.wholeSeconds) - .seconds(proof.seconds)
        if age > window { throw VerificationRefusal(.timestampTooOld, "older than \(window.text)") }
        if age < .zero - window {
            throw VerificationRefusal(.timestampTooNew, "ahead by more than \(window.text)")
        }
    }

    private func read(_ bytes: [UInt8], id: String) throws(VerificationRefusal) -> VerifiedEvent {
        let body: JSONValue
        do {
            body = try JSONValue(parsing: bytes)
        } catch {
            throw VerificationRefusal(.malformedBody, "\(error)")
        }
        guard body.object != nil else {
            throw VerificationRefusal(.malformedBody, "the body is \(body.kind), not an object")
        }
        let time = pointers.time ?? JSONPointer(tokens: ["timestamp"])
        let entity =
            if let place = pointers.entity {
                EntityReference(body.value(at: place))
            } else {
                EntityReference(body["entity"]) ?? EntityReference(body["data"]?["entity"])
            }
        return VerifiedEvent(
            key: try pointers.key.map { place throws(VerificationRefusal) in
                try SchemePointers.required(place, in: body)
            } ?? id,
            type: try SchemePointers.required(
                pointers.type ?? JSONPointer(tokens: ["type"]), in: body),
            time: SchemePointers.time(time, in: body), entity: entity)
    }
}
