import App
import Foundation
import Testing

@Suite struct StandardStreamTests {
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func aTextThatNobodyTakesIsDroppedAndEndsNothing() throws {
        let full = open("/dev/full", O_WRONLY)
        try #require(full >= 0)
        defer { close(full) }
        #expect(!StandardStream.write("lost\n", to: full))
    }

    @Test func aTextIsWrittenWhole() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
        let descriptor = open(file.path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        try #require(descriptor >= 0)
        defer {
            close(descriptor)
            try? FileManager.default.removeItem(at: file)
        }
        let text = String(repeating: "客服 ", count: 50_000)
        #expect(StandardStream.write(text, to: descriptor))
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }
}
