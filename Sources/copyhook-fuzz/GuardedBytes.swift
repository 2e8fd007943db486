import Foundation

/// Memory between two pages that nobody may touch.
///
/// The address sanitizer does not look into functions that come from C headers, and the matcher
/// reads its blocks there; here the processor itself ends whoever reads one byte too far.
final class GuardedBytes {
    private let region: UnsafeMutableRawPointer
    private let page: Int
    private let capacity: Int

    struct NoMemory: Error {}

    /// - Parameter capacity: In bytes; rounded up to whole pages.
    init(capacity: Int) throws {
        page = Int(sysconf(Int32(_SC_PAGESIZE)))
        self.capacity = (capacity + page - 1) / page * page
        let size = self.capacity + 2 * page
        let found = mmap(
            nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let found, found != MAP_FAILED else { throw NoMemory() }
        region = found
        guard mprotect(region, page, PROT_NONE) == 0,
            mprotect(region + page + self.capacity, page, PROT_NONE) == 0
        else { throw NoMemory() }
    }

    deinit { munmap(region, capacity + 2 * page) }

    /// Calls `body` with a copy right before the page behind, and one right behind the page before.
    func at<Value: Equatable>(
        bothEnds bytes: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Value
    ) -> (Value, Value)? {
        guard bytes.count <= capacity else { return nil }
        func put(_ offset: Int) -> Value {
            let place = (region + page + offset).bindMemory(to: UInt8.self, capacity: bytes.count)
            place.update(from: bytes, count: bytes.count)
            return body(UnsafeBufferPointer(start: place, count: bytes.count))
        }
        return (put(capacity - bytes.count), put(0))
    }
}
