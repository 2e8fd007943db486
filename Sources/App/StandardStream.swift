import CProcess
import Foundation
import Synchronization

/// Where a process speaks to whoever started it.
///
/// Foundation's `FileHandle.write(_:)` ends the process when a write is refused, and a log on a
/// full disk or a reader that went away is no reason to stop serving.
package enum StandardStream {
    case output, error

    private static let refusals = Atomic<Int>(0)

    /// Writes the whole text at once, also into a pipe.
    ///
    /// - Returns: Whether all of it was taken; the rest of a text that is refused is dropped.
    @discardableResult
    package func write(_ text: String) -> Bool {
        let isTaken = Self.write(text, to: self == .output ? STDOUT_FILENO : STDERR_FILENO)
        if !isTaken, self == .output { Self.refusals.add(1, ordering: .relaxed) }
        return isTaken
    }

    /// Whether everything that this process said on standard output was taken so far, what was
    /// printed included.
    package static var hasTakenAll: Bool {
        copyhook_printed_all() == 0 && refusals.load(ordering: .relaxed) == 0
    }

    /// The same into any open file descriptor.
    package static func write(_ text: String, to descriptor: CInt) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            }
            return true
        }
    }
}
