package import Domain
import Foundation
package import GRDB
import Storage
import StrictJSON

/// Text as a column's value, kept to the byte.
///
/// The driver hands text over as a C string, which ends at the first NUL, and what comes from
/// outside may contain one: two keys that differ only behind it must not become one row. Such text
/// is stored as a blob, which no text equals.
struct Exact: DatabaseValueConvertible {
    let text: String

    init(_ text: String) { self.text = text }

    init(_ id: Identifier<some Any>) { text = id.rawValue }

    init?(_ text: String?) {
        guard let text else { return nil }
        self.text = text
    }

    var databaseValue: DatabaseValue {
        text.utf8.contains(0) ? Data(text.utf8).databaseValue : text.databaseValue
    }

    static func fromDatabaseValue(_ value: DatabaseValue) -> Exact? {
        String.fromDatabaseValue(value).map { Exact($0) }
    }
}

/// A moment is stored in whole milliseconds.
extension Timestamp: DatabaseValueConvertible {
    package var databaseValue: DatabaseValue { milliseconds.databaseValue }

    package static func fromDatabaseValue(_ value: DatabaseValue) -> Timestamp? {
        Int64.fromDatabaseValue(value).map { Timestamp(milliseconds: $0) }
    }
}

/// A value as JSON text.
///
/// Encoding escapes NUL, so this is safe as text.
func encoded(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

extension Row {
    /// A value that was stored by ``encoded(_:)``.
    func decoded<Value: Decodable>(_ type: Value.Type, _ column: String) throws -> Value {
        try JSONDecoder().decode(type, from: try decode(Data.self, forColumn: column))
    }

    /// What ``encoded(_:)`` made of an entity, `nil` where there is none.
    ///
    /// Read for every event that is matched or gone through again, and so without Foundation's
    /// decoder, which takes longer than everything else in the row.
    func entity(_ column: String) throws -> EntityReference? {
        guard !hasNull(column) else { return nil }
        let json = try JSONValue(parsing: try bytes(column))
        guard let type = json["type"]?.string, let id = json["id"]?.string else {
            throw StorageError(.corrupt, detail: "\(column) is no entity")
        }
        return EntityReference(
            type: type, id: id, name: json["name"]?.string,
            workspaceID: json["workspaceID"]?.string, version: json["version"]?.string)
    }

    func bytes(_ column: String) throws -> [UInt8] {
        Array(try decode(Data.self, forColumn: column))
    }

    func text(_ column: String) throws -> String {
        try decode(Exact.self, forColumn: column).text
    }

    func id<Subject>(_ column: String) throws -> Identifier<Subject> {
        Identifier(rawValue: try text(column))
    }

    func moment(_ column: String) throws -> Timestamp {
        try decode(Timestamp.self, forColumn: column)
    }

    func optionalMoment(_ column: String) throws -> Timestamp? {
        hasNull(column) ? nil : try moment(column)
    }

    func hasNull(_ column: String) -> Bool {
        (self[column] as DatabaseValue).isNull
    }

    /// A word of a state or type; a word that we do not know is a damaged or newer file.
    func word<Word: RawRepresentable<String>>(_ type: Word.Type, _ column: String) throws -> Word {
        let text = try text(column)
        guard let word = Word(rawValue: text) else {
            throw StorageError(.corrupt, detail: "\(column) is \(text)")
        }
        return word
    }
}

extension Database {
    /// Runs a statement that stays prepared.
    func run(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?] = []) throws {
        try cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
    }

    func row(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?] = []) throws -> Row? {
        try Row.fetchOne(cachedStatement(sql: sql), arguments: StatementArguments(arguments))
    }

    func rows(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?] = []) throws -> [Row] {
        try Row.fetchAll(cachedStatement(sql: sql), arguments: StatementArguments(arguments))
    }
}
