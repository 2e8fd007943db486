/// An array that is never changed any more, read without counting references.
///
/// Reading an ordinary array out of an object costs two atomic operations, which here would be
/// most of an event's time. Whoever makes one frees it; an index is checked in debug builds.
struct Frozen<Element: BitwiseCopyable> {
    private let elements: UnsafeMutableBufferPointer<Element>

    init(_ source: [Element]) {
        elements = .allocate(capacity: source.count)
        _ = elements.initialize(from: source)
    }

    func free() { elements.deallocate() }

    var count: Int { elements.count }
    /// In bytes.
    var size: Int { elements.count * MemoryLayout<Element>.stride }

    @inline(__always)
    subscript(index: Int) -> Element { elements[index] }

    @inline(__always)
    subscript(index: Int32) -> Element { elements[Int(index)] }

    @inline(__always)
    func slice(_ start: Int, _ count: Int) -> UnsafeBufferPointer<Element> {
        UnsafeBufferPointer(rebasing: UnsafeBufferPointer(elements)[start..<start + count])
    }
}

/// Numbers by pairs of numbers, never changed any more.
struct FrozenPairs {
    /// Two words a slot: the pair, and what it stands for plus one; 0 where there is nothing.
    private let slots: Frozen<UInt64>
    private let mask: Int

    /// - Parameter source: By `first << 32 | second`.
    init(_ source: [UInt64: Int32]) {
        var count = 4
        while count < source.count * 2 { count *= 2 }
        mask = count - 1
        var slots = [UInt64](repeating: 0, count: count * 2)
        for (pair, value) in source {
            var place = Self.hash(pair) & mask
            while slots[place * 2 + 1] != 0 { place = (place + 1) & mask }
            slots[place * 2] = pair
            slots[place * 2 + 1] = UInt64(value) + 1
        }
        self.slots = Frozen(slots)
    }

    func free() { slots.free() }

    var size: Int { slots.size }

    @inline(__always)
    func find(_ first: Int32, _ second: Int32) -> Int32? {
        let pair = Self.pair(first, second)
        var place = Self.hash(pair) & mask
        while true {
            let value = slots[place * 2 + 1]
            if value == 0 { return nil }
            if slots[place * 2] == pair { return Int32(truncatingIfNeeded: value - 1) }
            place = (place + 1) & mask
        }
    }

    @inline(__always)
    static func pair(_ first: Int32, _ second: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
    }

    @inline(__always)
    private static func hash(_ pair: UInt64) -> Int {
        Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }
}

/// A list that grows and is emptied again and again, without counting references.
struct Stack<Element: BitwiseCopyable> {
    private var elements: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private var capacity: Int

    /// With room for one, so that every test meets a stack that moves; it is made once, and used
    /// for many events.
    init() {
        elements = .allocate(capacity: 1)
        capacity = 1
    }

    func free() { elements.deallocate() }

    /// In bytes.
    var size: Int { capacity * MemoryLayout<Element>.stride }

    @inline(__always)
    mutating func append(_ element: Element) {
        if count == capacity { grow() }
        elements[count] = element
        count += 1
    }

    @inline(__always)
    mutating func removeAll() { count = 0 }

    /// Forgets all but the first so many.
    @inline(__always)
    mutating func truncate(to count: Int) { self.count = count }

    @inline(__always)
    subscript(index: Int) -> Element {
        get { elements[index] }
        nonmutating set { elements[index] = newValue }
    }

    @inline(__always)
    subscript(index: Int32) -> Element { elements[Int(index)] }

    /// Good until something is appended.
    var buffer: UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(start: elements, count: count)
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
        larger.update(from: elements, count: count)
        elements.deallocate()
        elements = larger
        capacity *= 2
    }
}

/// As many entries as something has, each good for one event, so that nothing has to be cleared in
/// between: a *stamp* in or beside an entry is the number of the event for which it is true.
struct States<Entry: BitwiseCopyable> {
    private let entries: UnsafeMutablePointer<Entry>
    private let count: Int

    init(count: Int, each entry: Entry) {
        self.count = count
        entries = .allocate(capacity: count)
        entries.initialize(repeating: entry, count: count)
    }

    func free() { entries.deallocate() }

    func reset(to entry: Entry) { entries.update(repeating: entry, count: count) }

    @inline(__always)
    subscript(index: Int) -> Entry {
        get { entries[index] }
        nonmutating set { entries[index] = newValue }
    }

    @inline(__always)
    subscript(index: Int32) -> Entry {
        get { entries[Int(index)] }
        nonmutating set { entries[Int(index)] = newValue }
    }
}
