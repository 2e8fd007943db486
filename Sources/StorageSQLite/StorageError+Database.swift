import GRDB
import Storage

extension StorageError {
    /// What an error from the driver, or from reading a row, means to a caller.
    init(database error: any Error) {
        switch error {
        case let error as StorageError:
            self = error
        case let error as DatabaseError:
            self.init(Self.code(of: error), detail: error.description)
        default:
            // Rows and blobs that cannot be read: what was stored is not what should be there.
            self.init(.corrupt, detail: String("\(error)".prefix(500)))
        }
    }

    private static func code(of error: DatabaseError) -> Code {
        switch error.resultCode {
        case .SQLITE_FULL, .SQLITE_IOERR:
            .full
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT:
            .corrupt
        case .SQLITE_CONSTRAINT:
            error.message?.contains("tasks.lock_key") == true ? .keyBusy : .conflict
        default:
            .unavailable
        }
    }
}

/// Does some work on the database, and says in our words what went wrong.
func attempt<Value>(_ work: () throws -> Value) throws(StorageError) -> Value {
    do {
        return try work()
    } catch {
        throw StorageError(database: error)
    }
}
