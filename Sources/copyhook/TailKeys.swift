import App
import Domain
import Foundation
import Pipeline
import StrictJSON
import Transport

/// `events tail` for a person at a terminal: carries out what ``TailBoard`` says.
struct TailKeys {
    let api: APIOptions
    let filters: [(String, String?)]
    let since: String?

    func run() async throws {
        var board = TailBoard(filters: filters, since: since, size: RawTerminal.size)
        // Before the screen is taken: a mistake is told like any other command's.
        let first = try await APIClient(api).call(.get, board.path)
        guard let terminal = RawTerminal() else {
            throw CommandFailure.failed("The terminal does not take single keys")
        }
        defer { terminal.restore() }
        let stop = StopSignal()
        try await StopRequests.raising(
            stop,
            note: { _, isFirst in
                // The second request ends the process where it stands.
                if !isFirst { terminal.restore() }
            }
        ) {
            try await follow(&board, first, terminal, stop)
        }
    }

    private func follow(
        _ board: inout TailBoard, _ first: JSONValue, _ terminal: RawTerminal, _ stop: StopSignal
    ) async throws {
        let (inbox, letters) = AsyncStream.makeStream(of: TailBoard.Signal.self)
        let ears = TerminalEars { letters.yield($0) }
        defer { ears.close() }
        let paint = Paint.standardOutput
        let api = api
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                await stop.wait()
                letters.yield(.ended)
            }
            letters.yield(.page(first))
            for await signal in inbox {
                for step in board.apply(signal) {
                    switch step {
                    case .draw: terminal.show(board.screen(paint))
                    case .end: return
                    case .fail(let failure): throw failure
                    case .look(let path, let pause):
                        group.addTask {
                            try? await TimeSource.system.sleep(pause)
                            letters.yield(
                                await Self.ask(api, .get, path, { .page($0) }, { .away($0) }))
                        }
                    case .show(let subject):
                        group.addTask {
                            letters.yield(
                                await Self.ask(api, .get, subject.path, { .shown($0) }))
                        }
                    case .carryOut(let subject):
                        group.addTask {
                            letters.yield(
                                await Self.ask(api, .post, subject.pathAgain, { .done($0) }))
                        }
                    }
                }
            }
        }
    }

    private static func ask(
        _ api: APIOptions, _ method: HTTPRequest.Method, _ path: String,
        _ heard: (JSONValue) -> TailBoard.Signal,
        _ failed: (CommandFailure) -> TailBoard.Signal = { .refused($0) }
    ) async -> TailBoard.Signal {
        do {
            return heard(try await APIClient(api).call(method, path))
        } catch {
            return failed(error as? CommandFailure ?? .failed("\(error)"))
        }
    }
}
