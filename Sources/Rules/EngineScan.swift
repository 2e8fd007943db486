/// Walks an event along the paths that rules ask for, and notes which tests its values pass.
struct EngineScan {
    let tables: UnsafePointer<EngineTables>
    unowned(unsafe) let engine: MatchEngine
    let scratch: UnsafeMutablePointer<MatchScratch>
    let bytes: UnsafeBufferPointer<UInt8>
    private var cursor: BlockCursor

    /// Objects and arrays that are walked into, inside one another; deeper than any that the
    /// strict parser lets through.
    private static let depthMax = 1_000

    /// - Parameter engine: Outlives the scan.
    init(
        _ engine: MatchEngine, _ scratch: UnsafeMutablePointer<MatchScratch>,
        _ bytes: UnsafeBufferPointer<UInt8>, _ base: UnsafePointer<UInt8>
    ) {
        self.engine = engine
        tables = UnsafePointer(engine.tables)
        self.scratch = scratch
        self.bytes = bytes
        cursor = BlockCursor(base, count: bytes.count)
    }

    /// Whether the event is an object whose structure fits together.
    mutating func run() -> Bool {
        let start = cursor.next()
        guard start < bytes.count, bytes[start] == UInt8(ascii: "{") else { return false }
        object(at: 0, in: 0)
        return !scratch.pointee.isMalformed && cursor.next() == bytes.count
    }

    // MARK: - Structure

    /// - Parameters:
    ///   - node: Where in the tree of paths the object stands.
    ///   - element: In which element of an array.
    private mutating func object(at node: Int, in element: Int32) {
        guard enter() else { return }
        defer { scratch.pointee.depth -= 1 }
        var place = cursor.next()
        if place < bytes.count, bytes[place] == UInt8(ascii: "}") { return }
        while true {
            guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { return fail() }
            let end = cursor.next()
            let colon = cursor.next()
            guard colon < bytes.count, bytes[end] == UInt8(ascii: "\""),
                bytes[colon] == UInt8(ascii: ":")
            else { return fail() }
            let next = step(rebased(bytes, place + 1, end - place - 1), from: node)
            value(after: colon, at: next, in: element)
            place = cursor.next()
            guard place < bytes.count else { return fail() }
            if bytes[place] == UInt8(ascii: "}") { return }
            guard bytes[place] == UInt8(ascii: ",") else { return fail() }
            place = cursor.next()
        }
    }

    /// - Parameter node: -1 where nobody asks for anything in here.
    private mutating func value(after place: Int, at node: Int, in element: Int32) {
        let start = firstByte(after: place)
        guard start < bytes.count else { return fail() }
        let byte = bytes[start]
        if byte == UInt8(ascii: "\"") {
            guard cursor.next() == start else { return fail() }
            let end = cursor.next()
            guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { return fail() }
            if node >= 0, tables.pointee.fieldOfNode[node] >= 0 {
                string(rebased(bytes, start + 1, end - start - 1), at: node, in: element)
            }
        } else if byte | 0x20 == UInt8(ascii: "{") {
            guard cursor.next() == start else { return fail() }
            if node < 0 {
                if cursor.leaveContainer() == bytes.count { fail() }
            } else if byte == UInt8(ascii: "[") {
                array(from: start, at: node, in: element)
            } else if tables.pointee.stepForms[node] == 0 {
                if cursor.leaveContainer() == bytes.count { fail() }
            } else {
                object(at: node, in: element)
            }
        } else if node >= 0, tables.pointee.fieldOfNode[node] >= 0 {
            var end = cursor.peek()
            while end > start, isSpace(bytes[end - 1]) { end -= 1 }
            scalar(rebased(bytes, start, end - start), at: node, in: element)
        }
    }

    private mutating func array(from start: Int, at node: Int, in element: Int32) {
        guard enter() else { return }
        defer { scratch.pointee.depth -= 1 }
        if bytes.count > start + 1 {
            let first = firstByte(after: start)
            if first < bytes.count, bytes[first] == UInt8(ascii: "]") {
                if cursor.next() != first { fail() }
                return
            }
        }
        let array = scratch.pointee.arrays
        scratch.pointee.arrays += 1
        var place = start
        while true {
            let number = Int32(scratch.pointee.elements.count)
            scratch.pointee.elements.append(
                MatchScratch.Element(parent: element, array: array, last: number))
            value(after: place, at: node, in: number)
            scratch.pointee.elements[Int(number)].last = Int32(scratch.pointee.elements.count - 1)
            guard !scratch.pointee.isMalformed else { return }
            place = cursor.next()
            guard place < bytes.count else { return fail() }
            if bytes[place] == UInt8(ascii: "]") { return }
            guard bytes[place] == UInt8(ascii: ",") else { return fail() }
        }
    }

    @inline(__always)
    private func firstByte(after place: Int) -> Int {
        var start = place + 1
        while start < bytes.count, isSpace(bytes[start]) { start += 1 }
        return start
    }

    @inline(__always)
    private func isSpace(_ byte: UInt8) -> Bool {
        byte <= 0x20
    }

    private mutating func enter() -> Bool {
        scratch.pointee.depth += 1
        if scratch.pointee.depth > Self.depthMax { fail() }
        return !scratch.pointee.isMalformed
    }

    private mutating func fail() { scratch.pointee.isMalformed = true }

    // MARK: - Steps

    /// Where a key leads from a node, or -1.
    @inline(__always)
    private mutating func step(_ key: UnsafeBufferPointer<UInt8>, from node: Int) -> Int {
        if tables.pointee.stepForms[node] & stepForm(key) != 0,
            let number = tables.pointee.steps.find(key, in: UInt32(truncatingIfNeeded: node)),
            !key.contains(UInt8(ascii: "\\"))
        {
            return number + 1
        }
        return hasSpecials(key) ? longWay(key, from: node) : -1
    }

    /// Whether a key holds a dot or a backslash.
    @inline(__always)
    private func hasSpecials(_ key: UnsafeBufferPointer<UInt8>) -> Bool {
        var place = 0
        while place + 8 <= key.count {
            let word = ByteHash.word(key, place)
            if word.holds(UInt8(ascii: ".")) || word.holds(UInt8(ascii: "\\")) { return true }
            place += 8
        }
        let tail = ByteHash.tail(key, place, key.count - place)
        return tail.holds(UInt8(ascii: ".")) || tail.holds(UInt8(ascii: "\\"))
    }

    /// A key with dots is several steps, and one with escapes is another text.
    private mutating func longWay(_ key: UnsafeBufferPointer<UInt8>, from node: Int) -> Int {
        guard unescape(key, into: &scratch.pointee.text) else {
            fail()
            return -1
        }
        var node = node
        let parts = scratch.pointee.text.buffer.split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        for part in parts {
            let part = UnsafeBufferPointer(UnsafeMutableBufferPointer(rebasing: part))
            guard let next = tables.pointee.steps.find(part, in: UInt32(truncatingIfNeeded: node))
            else {
                return -1
            }
            node = next + 1
        }
        if parts.count > 1 { scratch.pointee.hasDottedKeys = true }
        return node
    }
}
