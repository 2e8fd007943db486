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
