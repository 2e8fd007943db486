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
