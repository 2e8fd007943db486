import Domain
package import Storage

/// What leaves in one request: one delivery, or several to one chat that came faster than it takes
/// messages.
package struct Parcel: Sendable {
    package let endpoint: String
    /// At least one.
    package var claims: [Claim<DueDelivery>]

    /// Puts what was claimed together, for endpoints of which more was taken than they have places.
    ///
    /// Those get no more parcels than there are places, of equal size; all others one for each.
    ///
    /// - Parameter shares: What the claim asked for.
    static func packed(
        _ claims: [Claim<DueDelivery>], of shares: [String: ClaimShare]
    ) -> [Parcel] {
        var parcels: [Parcel] = []
        var waiting: [(name: String, claims: [Claim<DueDelivery>])] = []
        for claim in claims {
            let name = claim.work.delivery.endpoint
            guard shares[name]?.merging != nil else {
                parcels.append(Parcel(endpoint: name, claims: [claim]))
                continue
            }
            if let place = waiting.firstIndex(where: { $0.name == name }) {
                waiting[place].claims.append(claim)
            } else {
                waiting.append((name, [claim]))
            }
        }
        for (name, claims) in waiting {
            let share = shares[name] ?? .none
            guard claims.count > share.places, let merging = share.merging else {
                parcels += claims.map { Parcel(endpoint: name, claims: [$0]) }
                continue
            }
            let count = max(1, (claims.count + merging.perPlace - 1) / merging.perPlace)
            let size = (claims.count + count - 1) / count
            for start in stride(from: 0, to: claims.count, by: size) {
                parcels.append(
                    Parcel(
                        endpoint: name,
                        claims: Array(claims[start..<min(start + size, claims.count)])))
            }
        }
        return parcels
    }
}
