/// What `Preloads/power-loss.c` wrote down: pure, so that it can be tested by values.
enum PowerJournal {
    /// As in the library.
    enum Kind: UInt32 {
        case written = 1
        case cut, made, removed, synced, unknown
    }

    struct Record: Equatable {
        /// Its place among all records, counted from 0.
        var number = 0
        var kind: Kind
        /// The database, its log, its rollback journal, and 3 for their directory.
        var file: Int
        /// Of a sync: how many records were there when it began.
        var offset = 0
        var sizeBefore = 0
        var old: [UInt8] = []
        var new: [UInt8] = []

        /// Whether it is of the directory, and is saved by a sync of that.
        fileprivate var isOfDirectory: Bool { kind == .made || kind == .removed }
    }

    static let directory = 3
    private static let headLength = 40

    /// - Throws: For a change whose nature is not known: nothing could be taken back then.
    static func records(_ bytes: [UInt8]) throws -> [Record] {
        var records: [Record] = []
        var place = 0
        // A kill in the middle of a record leaves a part of it, and its change was not made.
        while place + headLength <= bytes.count {
            func number(_ offset: Int, _ length: Int) -> UInt64 {
                (0..<length).reduce(0) { sum, index in
                    sum | UInt64(bytes[place + offset + index]) << (8 * index)
                }
            }
            let counts = (old: Int(number(24, 8)), new: Int(number(32, 8)))
            let end = place + headLength + counts.old + counts.new
            guard end <= bytes.count else { break }
            guard let kind = Kind(rawValue: UInt32(number(0, 4))), kind != .unknown else {
                throw PowerLoss.Trouble(
                    description: "a change of file \(number(4, 4)) of kind \(number(0, 4)), "
                        + "\(number(8, 8)), which cannot be taken back")
            }
            let old = place + headLength..<place + headLength + counts.old
            records.append(
                Record(
                    number: records.count, kind: kind, file: Int(number(4, 4)),
                    offset: Int(number(8, 8)), sizeBefore: Int(number(16, 8)),
                    old: Array(bytes[old]), new: Array(bytes[old.upperBound..<end])))
            place = end
        }
        return records
    }

    /// The changes at which a loss of power may set in, oldest first: no finished sync began after
    /// them.
    ///
    /// A file that was made or removed is safe with its directory, its content with itself.
    static func atRisk(_ records: [Record]) -> [Record] {
        var covered = [Int](repeating: 0, count: directory + 1)
        for record in records where record.kind == .synced {
            covered[record.file] = max(covered[record.file], record.offset)
        }
        return records.filter { record in
            record.kind != .synced
                && record.number >= covered[record.isOfDirectory ? directory : record.file]
        }
    }
}
