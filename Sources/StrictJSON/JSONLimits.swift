/// What one document may hold at most.
///
/// Source of the defaults: the project's limits for events from outside (64 deep, 100 000 values,
/// 1 MiB, strings of 256 KiB, numbers of 64 characters).
package struct JSONLimits: Hashable, Sendable {
    /// Objects and lists inside one another; a bare scalar has depth 0.
    package var depthMax: Int
    /// Values in all, containers included, keys not.
    package var valuesMax: Int
    /// Bytes of the whole document, white space included.
    package var bytesMax: Int
    /// UTF-8 bytes of one string or key, after its escapes are resolved.
    package var stringBytesMax: Int
    /// Characters of one number.
    package var numberBytesMax: Int

    package init(
        depthMax: Int = 64, valuesMax: Int = 100_000, bytesMax: Int = 1 << 20,
        stringBytesMax: Int = 256 << 10, numberBytesMax: Int = 64
    ) {
        self.depthMax = depthMax
        self.valuesMax = valuesMax
        self.bytesMax = bytesMax
        self.stringBytesMax = stringBytesMax
        self.numberBytesMax = numberBytesMax
    }

    /// For bodies that strangers send.
    package static let intake = JSONLimits()

    /// For documents that a person hands us, and for events that passed intake and grew an
    /// envelope: any size, and as deep as is safe to walk by recursion.
    package static let match = JSONLimits(
        depthMax: 1_000, valuesMax: .max, bytesMax: .max, stringBytesMax: .max,
        numberBytesMax: .max)
}
