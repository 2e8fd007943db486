import Foundation

/// A file that somebody names on the command line; `-` is standard input.
enum InputFile {
    /// More than any event or pattern needs, less than what would hurt.
    static let bytesMax = 256 << 20

    static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
        do {
            let handle: FileHandle
            if path == "-" {
                handle = .standardInput
            } else {
                handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            }
            let data = try handle.read(upToCount: bytesMax + 1) ?? Data()
            guard data.count <= bytesMax else {
                throw CommandFailure.badUsage(
                    "\(name(of: path)) is larger than \(bytesMax >> 20) MiB",
                    "Split it into smaller files.")
            }
            return Array(data)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw .badUsage(
                "\(name(of: path)) cannot be read", "Check that it exists and is yours.")
        }
    }

    /// How messages call it.
    static func name(of path: String) -> String { path == "-" ? "standard input" : path }
}
