import Foundation
import Glibc

/// A disk that forgets at a kill what was not synced, for the database of one service.
///
/// The library in `Preloads/power-loss.c` slows every sync down and writes down every change of
/// the database's files; ``lose(survivors:using:)`` takes back, on the files themselves, what no
/// sync covers. Nothing of this needs rights that a user does not have.
final class PowerLoss: Sendable {
    /// What becomes of changes that no sync covers: a disk may write them in any order, or not.
    enum Survivors: CaseIterable {
        case none
        /// The earliest ones, up to some moment; the last of them torn.
        case earliest
        /// Some, whole.
        case some
        /// Some sectors of each.
        case sectors
    }

    struct Losses: Sendable {
        /// How often the power went.
        var times = 0
        /// Changes that were under way then, and how many of them left nothing on the disk.
        var atRisk = 0
        var lost = 0
        /// Finished syncs of the database or its log until then.
        var syncs = 0

        static func += (losses: inout Losses, more: Losses) {
            losses.times += more.times
            losses.atRisk += more.atRisk
            losses.lost += more.lost
            losses.syncs += more.syncs
        }
    }

    struct Trouble: Error, CustomStringConvertible { let description: String }

    /// How much longer each sync takes.
    static let syncDelay = 2
    /// What a disk writes whole or not at all, in bytes.
    private static let sector = 512

    private let library: String
    private let files: [String]
    private let journal: String
    private let folder: String

    /// Builds the library beside the database with the compiler that comes with Swift.
    init(of database: String, in scratch: ScratchDirectory) async throws {
        guard let real = realpath(scratch.url.path(), nil) else {
            throw Trouble(description: "no directory \(scratch.url.path())")
        }
        defer { free(real) }
        folder = String(cString: real)
        files = ["", "-wal", "-journal"].map { [folder] in "\(folder)/\(database)\($0)" }
        journal = "\(folder)/power-journal"
        library = "\(folder)/power-loss.so"
        let source = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Preloads/power-loss.c").path()
        let compiler = try ChildProcess([
            "clang", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", library,
            source,
        ])
        let code = await compiler.exit(within: .seconds(60))
        await compiler.errors.end()
        guard code == 0 else {
            throw Trouble(description: "clang: \(compiler.errors.text)")
        }
    }

    /// What a service is started with, so that it writes to this disk.
    var environment: [String: String] {
        [
            "LD_PRELOAD": library, "POWER_DATABASE": files[0], "POWER_JOURNAL": journal,
            "POWER_SYNC_MS": String(Self.syncDelay),
        ]
    }

    /// The same with a disk that says it has synced and has not.
    var lyingEnvironment: [String: String] {
        environment.merging(["POWER_LIES": "1"]) { $1 }
    }

    /// Takes back what was not synced; the process must be gone.
    ///
    /// - Parameter survivors: What stays all the same; drawn where it is not given.
    @discardableResult
    func lose(
        survivors: Survivors? = nil, using generator: inout some RandomNumberGenerator
    ) throws -> Losses {
        // Shared memory over the log; it is memory, and made anew from the log.
        unlink(files[0] + "-shm")
        guard let written = FileManager.default.contents(atPath: journal) else {
            // Killed before it opened anything.
            return Losses(times: 1)
        }
        defer { clear() }
        let records = try PowerJournal.records(Array(written))
        let atRisk = PowerJournal.atRisk(records)
        for record in atRisk.reversed() { try undo(record) }
        let survivors = survivors ?? Survivors.allCases.randomElement(using: &generator) ?? .none
        var losses = Losses(times: 1, atRisk: atRisk.count)
        losses.syncs = records.count { $0.kind == .synced && $0.file < files.count }
        let end = Int.random(in: 0...atRisk.count, using: &generator)
        for (place, record) in atRisk.enumerated() {
            var sectors: [Bool]?
            let isKept: Bool
            switch survivors {
            case .none: isKept = false
            case .earliest: isKept = place < end
            case .some: isKept = Bool.random(using: &generator)
            case .sectors: isKept = true
            }
            if survivors == .sectors || survivors == .earliest && place == end - 1 {
                sectors = (0...record.new.count / Self.sector + 1).map { _ in
                    Bool.random(using: &generator)
                }
            }
            guard isKept, try redo(record, sectors) else {
                losses.lost += 1
                continue
            }
        }
        return losses
    }

    private func clear() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix("power-journal") { unlink("\(folder)/\(name)") }
    }
}

// MARK: - One change

extension PowerLoss {
    private func undo(_ record: PowerJournal.Record) throws {
        let path = files[record.file]
        switch record.kind {
        case .written, .cut:
            try change(path) { file in
                write(record.old, at: record.offset, file)
                    && ftruncate(file, record.sizeBefore) == 0
            }
        case .made:
            // Aside: its content may be safe while its name is not.
            guard rename(path, "\(journal).\(record.number)") == 0 else { throw trouble(path) }
        case .removed:
            guard rename("\(journal).\(record.number)", path) == 0 else { throw trouble(path) }
        case .synced, .unknown: break
        }
    }

    /// - Returns: Whether anything of it is there now.
    private func redo(_ record: PowerJournal.Record, _ sectors: [Bool]?) throws -> Bool {
        let path = files[record.file]
        // A file whose making was lost has nothing to change.
        guard record.kind == .made || access(path, F_OK) == 0 else { return false }
        switch record.kind {
        case .written:
            let offset = record.offset
            let first = offset / Self.sector
            var isThere = false
            var place = 0
            try change(path) { file in
                while place < record.new.count {
                    let sector = (offset + place) / Self.sector
                    let end = min(record.new.count, (sector + 1) * Self.sector - offset)
                    if sectors?[sector - first] ?? true {
                        isThere = true
                        let piece = Array(record.new[place..<end])
                        guard write(piece, at: offset + place, file) else { return false }
                    }
                    place = end
                }
                return true
            }
            return isThere
        case .cut:
            try change(path) { ftruncate($0, record.offset) == 0 }
        case .made:
            guard rename("\(journal).\(record.number)", path) == 0 else { throw trouble(path) }
        case .removed: unlink(path)
        case .synced, .unknown: return false
        }
        return true
    }

    private func change(_ path: String, _ body: (CInt) -> Bool) throws {
        let file = open(path, O_WRONLY)
        guard file >= 0 else { throw trouble(path) }
        defer { close(file) }
        guard body(file) else { throw trouble(path) }
    }

    private func write(_ bytes: [UInt8], at offset: Int, _ file: CInt) -> Bool {
        bytes.isEmpty || pwrite(file, bytes, bytes.count, offset) == bytes.count
    }

    private func trouble(_ path: String) -> Trouble {
        Trouble(description: "\(path): \(String(cString: strerror(errno)))")
    }
}
