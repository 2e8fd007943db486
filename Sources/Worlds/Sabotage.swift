import Domain
import Storage
import Transport

/// The store as the rooms know it.
typealias RoomStore = any EventLog & CopyLedger & DeliveryLedger & HealthLedger

/// What a world is broken by on purpose, to see that the checkers find it.
///
/// Nothing of the service knows of it: a bug is a wrapper around the store or the way out, or
/// stands between a person's decision and the store. Which ones there are is said by `PlantedBug`,
/// which release builds do not contain; there a world is never sabotaged.
package struct Sabotage: Sendable {
    let store: @Sendable (WorldStore) -> RoomStore
    let wayOut: @Sendable (any HTTPTransport) -> any HTTPTransport
    /// What the store is told instead of what it should be.
    let settlement: @Sendable (CopySettlement) -> CopySettlement

    package static let none = Sabotage(store: { $0 }, wayOut: { $0 }, settlement: { $0 })
}
