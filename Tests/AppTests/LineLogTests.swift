import App
import Domain
import Logging
import Synchronization
import Testing

@Suite struct LineLogTests {
    /// What was written, line by line.
    private final class Page: Sendable {
        private let text = Mutex("")
        var written: String { text.withLock { $0 } }
        func add(_ line: String) { text.withLock { $0 += line } }
    }

    private func logger(to page: Page, level: Logger.Level = .info) -> Logger {
        Logger(label: "test") { _ in
            LineLog(level: level, now: { Timestamp(milliseconds: 1_773_822_617_090) }) {
                page.add($0)
            }
        }
    }

    @Test func aLineHasItsTimeItsWordAndItsFieldsInOrder() {
        let page = Page()
        logger(to: page).notice(
            "copy.attempted", metadata: ["task": "tsk_1", "outcome": "accepted", "number": "1"])
        #expect(
            page.written
                == "2026-03-18T08:30:17.090Z notice copy.attempted "
                + "number=1 outcome=accepted task=tsk_1\n")
    }

    // Names of bots and words of platforms come from outside.
    @Test(arguments: [
        ("plain", "plain"), ("", "\"\""), ("two words", "\"two words\""),
        ("客服", "\"客服\""), ("a=b", "\"a=b\""), ("say \"hi\"", #""say \"hi\"""#),
        ("back\\slash", #""back\\slash""#),
        ("one\nnotice event.admitted key=forged", #""one\nnotice event.admitted key=forged""#),
        ("one\r\ntwo", #""one\u{d}\ntwo""#), ("\u{1B}[31mred", #""\u{1b}[31mred""#),
        ("\u{202E}right to left", #""\u{202e}right to left""#),
    ])
    func whatComesFromOutsideStaysInItsField(_ value: String, _ shown: String) {
        let page = Page()
        logger(to: page).info("event.refused", metadata: ["detail": "\(value)"])
        #expect(page.written.hasSuffix(" info event.refused detail=\(shown)\n"))
        #expect(page.written.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
    }

    @Test func whatIsLessGraveThanAskedForIsNotWritten() {
        let page = Page()
        let log = logger(to: page, level: .warning)
        log.info("event.admitted")
        #expect(page.written.isEmpty)
        log.warning("claim.failed")
        #expect(page.written.hasSuffix(" warning claim.failed\n"))
    }
}
