import Foundation

/// Where a process speaks to whoever started it.
///
/// Foundation's `FileHandle.write(_:)` ends the process when a write is refused, and a log on a
/// full disk or a reader that went away is no reason to stop serving.
package enum StandardStream {
    case output, error

    /// Writes the whole text at once, also into a pipe.
    ///
    /// - Returns: Whether all of it was taken; the rest of a text that is refused is dropped.
    @discardableResult
    package func write(_ text: String) -> Bool {
        Self.write(text, to: self == .output ? STDOUT_FILENO : STDERR_FILENO)
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
