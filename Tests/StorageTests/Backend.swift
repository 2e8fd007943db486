import Foundation
import Storage
import StorageMemory
import StorageSQLite
import Testing

/// The stores that keep the same promises, and so run the same tests.
enum Backend: String, CaseIterable, CustomTestStringConvertible {
    case memory, sqlite

    static let all = allCases
    /// So few rows that tests fill several segments.
    static let findSpan = 64

    var testDescription: String { rawValue }

    /// Runs a test on an empty store, and leaves nothing behind.
    func run(_ test: (any Store & Housekeeping) async throws -> Void) async throws {
        switch self {
        case .memory:
            try await test(MemoryStore())
        case .sqlite:
            try await withDirectory { directory in
                let store = try SQLiteStore.open(
                    path: directory + "/store.sqlite", findSpan: Self.findSpan)
                try await test(store)
                try await store.close()
            }
        }
    }

    /// Runs a test in two parts with a crash in between: nothing is settled, and what comes after
    /// finds what was committed before.
    func run(
        _ before: (any Store & Housekeeping) async throws -> Void,
        thenAfterACrash after: (any Store & Housekeeping) async throws -> Void
    ) async throws {
        switch self {
        case .memory:
            let store = MemoryStore()
            try await before(store)
            await store.endLoans()
            try await after(store)
        case .sqlite:
            try await withDirectory { directory in
                let killed = try SQLiteStore.open(path: directory + "/killed.sqlite")
                try await before(killed)
                // The files as they lie there while the store is open are what a kill leaves.
                for suffix in ["", "-wal"] {
                    try FileManager.default.copyItem(
                        atPath: directory + "/killed.sqlite" + suffix,
                        toPath: directory + "/store.sqlite" + suffix)
                }
                let store = try SQLiteStore.open(path: directory + "/store.sqlite")
                try await after(store)
                try await store.close()
                try await killed.close()
            }
        }
    }
}

/// Runs a test with a directory of its own, which is gone afterwards.
func withDirectory(_ test: (String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory
        .appendingPathComponent("copyhook-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try await test(directory.path)
}

/// The code of the error that this ends with, `nil` when it ends well.
func code(_ work: () async throws -> Void) async throws -> StorageError.Code? {
    do {
        try await work()
        return nil
    } catch let error as StorageError {
        return error.code
    }
}
