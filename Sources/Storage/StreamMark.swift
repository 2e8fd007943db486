/// A place in the stream of what happened: behind the last thing that was told.
///
/// Opaque to everybody but the store that made it; a place gives nothing away.
package struct StreamMark: Hashable, Sendable {
    /// What the store counts by, in an order of its own.
    package let numbers: [Int64]

    package init(_ numbers: [Int64]) {
        precondition(!numbers.isEmpty && numbers.allSatisfy { $0 >= 0 })
        self.numbers = numbers
    }

    /// The form that this program writes and reads.
    private static let form = "1"
    private static let numbersMax = 16

    /// Reads what ``text`` says.
    ///
    /// - Throws: `.notFound` for what never was one, and for one of a newer program.
    package init(_ text: String) throws(StorageError) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (3...(Self.numbersMax + 2)).contains(parts.count), parts[0] == Self.form else {
            throw StorageError(.notFound, detail: "mark \(text)")
        }
        var numbers: [Int64] = []
        for part in parts.dropFirst().dropLast() {
            guard let number = Int64(part, radix: 36), number >= 0 else {
                throw StorageError(.notFound, detail: "mark \(text)")
            }
            numbers.append(number)
        }
        self.init(numbers)
        guard self.text.utf8.elementsEqual(text.utf8) else {
            throw StorageError(.notFound, detail: "mark \(text)")
        }
    }

    /// Whether it looks like ``text``, also of a newer program, whatever it says.
    package static func isWellFormed(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return (3...(numbersMax + 2)).contains(parts.count)
            && parts.allSatisfy { part in
                (1...13).contains(part.utf8.count)
                    && part.utf8.allSatisfy {
                        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0)
                    }
            }
    }

    /// As in `1.0.2s.8.1x.3k.5.9.1x8q4zr`: the form, the numbers, and a check.
    ///
    /// The check keeps a mistyped mark from being a place that nobody was shown.
    package var text: String {
        let place = ([Self.form] + numbers.map { String($0, radix: 36) }).joined(separator: ".")
        // FNV-1a.
        let check = place.utf8.reduce(0x811C_9DC5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        return place + "." + String(check, radix: 36)
    }
}
