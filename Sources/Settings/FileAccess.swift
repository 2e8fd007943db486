import Foundation

/// How files are read: handed in, so that a configuration can be read from memory.
package struct FileAccess: Sendable {
    /// Bytes that one file may have; more than that is a mistake, such as a device.
    package static let bytesMax = 1 << 20

    /// The whole file.
    package let read: @Sendable (_ path: String) throws(FileTrouble) -> [UInt8]
    /// The names in a directory, in any order.
    package let list: @Sendable (_ path: String) throws(FileTrouble) -> [String]
    /// Whether others than its owner may read or write a file or a directory.
    package let isOpenToOthers: @Sendable (_ path: String) -> Bool

    package init(
        read: @escaping @Sendable (_ path: String) throws(FileTrouble) -> [UInt8],
        list: @escaping @Sendable (_ path: String) throws(FileTrouble) -> [String],
        isOpenToOthers: @escaping @Sendable (_ path: String) -> Bool = { _ in false }
    ) {
        self.read = read
        self.list = list
        self.isOpenToOthers = isOpenToOthers
    }

    /// The files of this machine.
    package static let disk = FileAccess(
        read: { (path) throws(FileTrouble) in
            do {
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                if attributes[.type] as? FileAttributeType == .typeDirectory {
                    throw FileTrouble("this is a directory")
                }
                if let size = attributes[.size] as? UInt64, size > bytesMax {
                    throw FileTrouble.tooLarge
                }
                guard let bytes = FileManager.default.contents(atPath: path) else {
                    throw FileTrouble("the file cannot be read")
                }
                return Array(bytes)
            } catch let trouble as FileTrouble {
                throw trouble
            } catch {
                throw FileTrouble(reason(path))
            }
        },
        list: { (path) throws(FileTrouble) in
            do {
                return try FileManager.default.contentsOfDirectory(atPath: path)
            } catch {
                throw FileTrouble(
                    FileManager.default.fileExists(atPath: path)
                        ? "this directory cannot be read" : "there is no such directory")
            }
        },
        isOpenToOthers: { path in
            var facts = stat()
            return stat(path, &facts) == 0 && facts.st_mode & 0o066 != 0
        })

    private static func reason(_ path: String) -> String {
        FileManager.default.fileExists(atPath: path)
            ? "the file cannot be read" : "there is no such file"
    }
}

/// Why a file could not be read, one sentence without a full stop.
package struct FileTrouble: Error, Hashable, Sendable {
    package let what: String

    package init(_ what: String) {
        self.what = what
    }

    static let tooLarge = FileTrouble("the file is larger than 1 MiB")
}

/// `path` as seen from the directory of `file`; one that starts with `/` stays as it is.
func resolve(_ path: String, from file: String) -> String {
    guard path.utf8.first != UInt8(ascii: "/"),
        let slash = file.utf8.lastIndex(of: UInt8(ascii: "/"))
    else { return path }
    return file[...slash] + path
}
