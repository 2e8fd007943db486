package import Domain
import Foundation
import GRDB
package import Storage

extension SQLiteStore: KeyedWishes {
    package func begin(
        _ wish: KeyedWish, until end: Timestamp, forgetting moment: Timestamp, countMax: Int
    ) async throws(StorageError) -> KeyedWish.Standing {
        try await write { database in
            if let row = try database.row(
                "SELECT * FROM keyed_wishes WHERE owner = ? AND key = ?",
                [Exact(wish.owner), Exact(wish.key)])
            {
                let known = try KeyedWish(row)
                if known.begunAt >= moment {
                    guard known.digest == wish.digest else { return .another }
                    if !row.hasNull("answer") { return .answered(try row.bytes("answer")) }
                    guard try row.moment("leased_until") <= wish.begunAt else { return .inHand }
                    try database.run(
                        "UPDATE keyed_wishes SET leased_until = ? WHERE position = ?",
                        [end, try row.decode(Int64.self, forColumn: "position")])
                    return .begunAgain(known)
                }
                try database.run(
                    "DELETE FROM keyed_wishes WHERE position = ?",
                    [try row.decode(Int64.self, forColumn: "position")])
            }
            try database.insert(wish, until: end, countMax: countMax)
            return .begun
        }
    }

    package func keep(_ answer: [UInt8], of wish: KeyedWish) async throws(StorageError) {
        try await write { database in
            try database.run(
                "UPDATE keyed_wishes SET answer = ?4 WHERE \(KeyedWish.isOpen)",
                wish.arguments + [Data(answer)])
        }
    }

    package func putDown(_ wish: KeyedWish) async throws(StorageError) {
        try await write { database in
            try database.run(
                "UPDATE keyed_wishes SET leased_until = 0 WHERE \(KeyedWish.isOpen)",
                wish.arguments)
        }
    }
}

extension Database {
    fileprivate func insert(_ wish: KeyedWish, until end: Timestamp, countMax: Int) throws {
        let last = try row(
            "SELECT max(number) AS number FROM keyed_wishes WHERE owner = ?", [Exact(wish.owner)])
        let number = try (last?.decode(Int64?.self, forColumn: "number") ?? 0) + 1
        try run(
            """
            INSERT INTO keyed_wishes (owner, key, number, digest, begun_at, leased_until, seed)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                Exact(wish.owner), Exact(wish.key), number, wish.digest, wish.begunAt, end,
                Data(wish.seed),
            ])
        try run(
            "DELETE FROM keyed_wishes WHERE owner = ? AND number <= ?",
            [Exact(wish.owner), number - Int64(countMax)])
    }
}

extension KeyedWish {
    fileprivate init(_ row: Row) throws {
        self.init(
            owner: try row.text("owner"), key: try row.text("key"),
            digest: try row.text("digest"), begunAt: try row.moment("begun_at"),
            seed: try row.bytes("seed"))
    }

    /// SQL for the row of this very beginning, as long as it has no answer.
    fileprivate static let isOpen = "owner = ?1 AND key = ?2 AND seed = ?3 AND answer IS NULL"

    fileprivate var arguments: [(any DatabaseValueConvertible)?] {
        [Exact(owner), Exact(key), Data(seed)]
    }
}
