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
