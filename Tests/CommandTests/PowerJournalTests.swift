import Testing

/// Which changes a loss of power may take, from what the library wrote down.
@Suite struct PowerJournalTests {
    typealias Record = PowerJournal.Record

    /// As the library lays a record out.
    private static func bytes(
        _ kind: UInt32, _ file: UInt32, _ numbers: [UInt64] = [0, 0], old: [UInt8] = [],
        new: [UInt8] = []
    ) -> [UInt8] {
        func little(_ value: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: value.littleEndian) { Array($0) }
        }
        return little(kind) + little(file) + numbers.flatMap(little) + little(UInt64(old.count))
            + little(UInt64(new.count)) + old + new
    }

    private static let database = 0
    private static let log = 1
    private static let directory = PowerJournal.directory

    @Test func readsWhatWasWrittenDown() throws {
        let bytes =
            Self.bytes(3, 1) + Self.bytes(1, 1, [4, 6], old: [7, 8], new: [9, 10, 11])
            + Self.bytes(5, 1, [2, 0])

        #expect(
            try PowerJournal.records(bytes) == [
                Record(number: 0, kind: .made, file: 1),
                Record(
                    number: 1, kind: .written, file: 1, offset: 4, sizeBefore: 6, old: [7, 8],
                    new: [9, 10, 11]),
                Record(number: 2, kind: .synced, file: 1, offset: 2),
            ])
    }

    @Test func aRecordThatAKillCutOffIsNoRecord() throws {
        let whole = Self.bytes(3, 1)
        let next = Self.bytes(1, 1, old: [1], new: [2])
        for length in 0..<next.count {
            #expect(try PowerJournal.records(whole + next.prefix(length)).count == 1)
        }
    }

    @Test func aChangeOfAnUnknownNatureIsRefused() {
        for kind: UInt32 in [0, 6, 7] {
            #expect(throws: PowerLoss.Trouble.self) {
                try PowerJournal.records(Self.bytes(kind, 1))
            }
        }
    }

    private static func written(_ file: Int) -> Record { Record(kind: .written, file: file) }
    private static func synced(_ file: Int, _ covered: Int) -> Record {
        Record(kind: .synced, file: file, offset: covered)
    }

    @Test(arguments: [
        ([written(log)], [0]),
        ([written(log), synced(log, 1)], []),
        // Written while the sync ran: it began with one record, and two were there at its end.
        ([written(log), written(log), synced(log, 1)], [1]),
        // The sync of another file.
        ([written(log), written(database), synced(database, 2)], [0]),
        // Later syncs cover what earlier ones did.
        ([written(log), synced(log, 1), written(log), synced(log, 3)], []),
        // Overtaken by one that began later and ended earlier.
        ([written(log), written(log), synced(log, 2), synced(log, 1)], []),
        // A name is safe with its directory alone.
        ([Record(kind: .made, file: log), written(log), synced(log, 2)], [0]),
        ([Record(kind: .made, file: log), synced(directory, 1), written(log)], [2]),
        ([Record(kind: .removed, file: log), synced(log, 1)], [0]),
        ([], []),
    ])
    func atRiskIsWhatNoFinishedSyncCovers(_ records: [Record], _ expected: [Int]) {
        let numbered = records.enumerated().map { place, record in
            var record = record
            record.number = place
            return record
        }
        #expect(PowerJournal.atRisk(numbered).map(\.number) == expected)
    }
}
