import Foundation
import StrictJSON
import Testing
import copyhook

/// What keys do to a followed stream, by values.
@Suite struct TailBoardTests {
    private typealias Board = TailBoard

    private func board(rows: Int = 6, columns: Int = 80) throws -> TailBoard {
        let zone = try #require(TimeZone(identifier: "UTC"))
        return TailBoard(
            filters: [("kind", "task")], since: "1h",
            size: TailBoard.Size(rows: rows, columns: columns), zone: zone)
    }

    /// A page on which so many things happened, counted from a number.
    private func page(_ count: Int, from first: Int = 0, kind: String = "event.stored") -> JSONValue
    {
        let (table, prefix) = kind.hasPrefix("task") ? ("task", "tsk") : ("event", "evt")
        return [
            "happenings": .array(
                (first..<first + count).map {
                    [
                        "kind": .string(kind), "at": "2026-03-18T08:30:15.250Z",
                        table: .string("\(prefix)_\($0)"),
                        "entity": ["id": "7", "name": "客服助手"], "source": "api",
                    ]
                }),
            "next": .string("m\(first + count)"), "more": false,
        ]
    }

    private func screen(_ board: TailBoard) -> [String] { board.screen(Paint(isOn: false)) }

    /// The ids on the screen, the chosen one with its mark.
    private func ids(_ board: TailBoard) -> [String] {
        screen(board).dropLast().compactMap { line in
            let id = line.split(separator: " ").first {
                $0.hasPrefix("evt_") || $0.hasPrefix("tsk_")
            }
            return id.map { (line.hasPrefix("> ") ? ">" : "") + $0 }
        }
    }

    private func status(_ board: TailBoard) -> String { screen(board).last ?? "" }

    /// - Returns: The steps of the last key.
    @discardableResult
    private func press(_ text: String, _ board: inout TailBoard) -> [TailBoard.Step] {
        text.map { board.apply(.key(.character($0))) }.last ?? []
    }

    @Test func theStreamIsFollowedUntilALineIsChosen() throws {
        var board = try board()
        let asked = board.apply(.page(page(7)))
        #expect(
            asked == [
                .draw,
                .look("/api/v1/stream?kind=task&after=m7&limit=200", after: .milliseconds(500)),
            ])
        #expect(ids(board) == ["evt_2", "evt_3", "evt_4", "evt_5", "evt_6"])
        _ = board.apply(.page(page(1, from: 7)))
        #expect(ids(board).last == "evt_7")

        press("k", &board)
        #expect(ids(board).last == ">evt_7")
        _ = board.apply(.key(.up))
        _ = board.apply(.page(page(3, from: 8)))
        #expect(ids(board) == ["evt_3", "evt_4", "evt_5", ">evt_6", "evt_7"])
        press("kkkk", &board)
        #expect(ids(board) == [">evt_2", "evt_3", "evt_4", "evt_5", "evt_6"])
        _ = board.apply(.key(.home))
        #expect(ids(board).first == ">evt_0" && status(board).contains("line 1 of 11"))
        _ = board.apply(.key(.pageDown))
        #expect(ids(board).last == ">evt_5")
        _ = board.apply(.key(.end))
        #expect(ids(board) == ["evt_6", "evt_7", "evt_8", "evt_9", "evt_10"])
    }

    @Test func onlySoManyLinesAreKeptAndTheChosenOneGoesWithTheOldest() throws {
        var board = try board()
        _ = board.apply(.page(page(3)))
        press("kkk", &board)
        #expect(ids(board).first == ">evt_0")
        _ = board.apply(.page(page(TailBoard.keptMax, from: 3)))
        #expect(ids(board).first == ">evt_3")
        #expect(status(board).contains("line 1 of \(TailBoard.keptMax)"))
    }

    @Test func whatIsChosenIsOpenedAndReadAndLeft() throws {
        var board = try board(rows: 5, columns: 20)
        #expect(press("o", &board) == [.draw] && status(board).contains("There is no line"))
        _ = board.apply(.page(page(2)))
        #expect(press("o", &board) == [.draw, .show(TailBoard.Subject(.events, "evt_1"))])
        #expect(press("o", &board) == [.draw])
        _ = board.apply(.shown(["id": "evt_1", "list": [1, 2, 3], "text": .string(long)]))
        #expect(
            screen(board).prefix(4) == ["{", "  \"id\": \"evt_1\",", "  \"list\": [", "    1,"])
        press("j", &board)
        #expect(screen(board).first == "  \"id\": \"evt_1\",")
        press(" ", &board)
        press("G", &board)
        #expect(screen(board).dropLast().last == "}")
        for line in screen(board) { #expect(columns(line) <= 20, "\(line)") }
        #expect(press("q", &board) == [.draw] && screen(board)[1].hasPrefix("> "))
        // An answer that comes when nothing is asked changes nothing.
        #expect(board.apply(.shown(.null)).isEmpty)
        #expect(press("q", &board) == [.end])
    }

    private var long: String { String(repeating: "客服助手", count: 10) }

    private func columns(_ line: String) -> Int {
        line.reduce(0) { $0 + ("一"..."龥" ~= $1 ? 2 : 1) }
    }

    @Test func onlyAYesHasItDoneAgain() throws {
        var board = try board(columns: 200)
        _ = board.apply(.page(page(1, kind: "task.failed")))
        #expect(press("r", &board) == [.draw])
        #expect(status(board) == "Retry task tsk_0? [y/N]")
        #expect(press("q", &board) == [.draw] && status(board).contains("Nothing was done"))
        press("r", &board)
        let subject = TailBoard.Subject(.tasks, "tsk_0")
        #expect(press("y", &board) == [.draw, .carryOut(subject)])
        press("r", &board)
        #expect(status(board).contains("One thing at a time"))
        _ = board.apply(.done(["task": ["id": "tsk_9", "state": "queued"]]))
        #expect(status(board).hasPrefix("tsk_0 is done again by tsk_9, which is queued | "))
        press("ry", &board)
        _ = board.apply(.refused(.failed("Conflict: it copies", "Wait\u{1B}[2J.")))
        #expect(status(board).hasPrefix("Conflict: it copies. Wait\\u{1b}[2J. | "))
    }

    @Test func theFilterTakesKeysAsTextUntilItEnds() throws {
        var board = try board()
        _ = board.apply(.page(page(2)))
        _ = board.apply(.page(page(2, from: 2, kind: "task.failed")))
        press("/TASK q", &board)
        #expect(ids(board).isEmpty && status(board).contains("TASK q"))
        _ = board.apply(.key(.backspace))
        _ = board.apply(.key(.backspace))
        #expect(ids(board) == ["tsk_2", "tsk_3"])
        _ = board.apply(.key(.enter))
        press("k", &board)
        #expect(ids(board) == ["tsk_2", ">tsk_3"] && status(board).contains("with “TASK”"))
        _ = board.apply(.key(.escape))
        #expect(ids(board) == ["evt_0", "evt_1", "tsk_2", ">tsk_3"])
        press("/", &board)
        #expect(board.apply(.key(.interrupt)) == [.end])
    }

    @Test func aPausedStreamTakesNothingAndGoesOnWhereItWas() throws {
        var board = try board(columns: 200)
        _ = board.apply(.page(page(1)))
        #expect(press(" ", &board) == [.draw] && status(board).contains("paused"))
        #expect(board.apply(.page(page(1, from: 1))) == [.draw] && ids(board) == ["evt_0"])
        let next = "/api/v1/stream?kind=task&after=m1&limit=200"
        #expect(press(" ", &board) == [.draw, .look(next, after: .milliseconds(500))])
        // One question at a time, however often somebody changes their mind.
        #expect(press("  ", &board) == [.draw])
    }

    @Test func aLostServiceIsSaidAndAskedAgainAndATakenKeyEnds() throws {
        var board = try board(columns: 200)
        _ = board.apply(.page(page(1)))
        var lost = CommandFailure.failed("nobody is there")
        lost.mayPass = true
        let next = "/api/v1/stream?kind=task&after=m1&limit=200"
        #expect(board.apply(.away(lost)) == [.draw, .look(next, after: .seconds(1))])
        #expect(board.apply(.away(lost)) == [.draw, .look(next, after: .seconds(2))])
        #expect(status(board).hasPrefix("nobody is there; asked again in 2 s | 1 line "))
        _ = board.apply(.page(page(0, from: 1)))
        #expect(!status(board).contains("nobody"))
        let refused = CommandFailure.failed("The service does not take this key")
        #expect(board.apply(.away(refused)) == [.fail(refused)])
        #expect(board.apply(.ended) == [.end])
    }

    @Test(arguments: [(1, 1), (1, 80), (2, 2), (3, 10), (24, 30), (50, 300)])
    func everyScreenIsAsLargeAsTheTerminal(rows: Int, columns: Int) throws {
        var board = try board()
        _ = board.apply(.page(page(40)))
        press("kk", &board)
        _ = board.apply(.resized(TailBoard.Size(rows: rows, columns: columns)))
        func check() {
            let lines = screen(board)
            #expect(lines.count == rows)
            for line in lines { #expect(self.columns(line) <= columns, "\(line)") }
        }
        check()
        if rows > 1, columns > 2 { #expect(screen(board).contains { $0.hasPrefix("> ") }) }
        for keys in ["j", "/", "客"] {
            press(keys, &board)
            check()
        }
        _ = board.apply(.key(.escape))
        press("r", &board)
        check()
    }
}
