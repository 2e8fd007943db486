import Channels
import Domain
import Foundation
import StrictJSON
import Testing
import Transport

private let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

/// What every channel says of every type in both languages, as it was read and found good.
///
/// One file a channel. `COPYHOOK_GOLDEN=write` writes them anew; read the difference before it is
/// kept.
@Test(arguments: Endpoint.Channel.allCases.filter { $0 != .webhook })
func everyChannelSaysWhatItShould(_ channel: Endpoint.Channel) throws {
    var sections: [String] = []
    for type in NotificationType.allCases {
        for language in Endpoint.Language.allCases {
            // Programs are told the same in every language.
            if channel.isCallback, language == .en { continue }
            let request = try channel.messages.request(
                Sample.notification(type), to: .sample(channel, language))
            let lines =
                channel.isCallback
                ? [String(decoding: request.body, as: UTF8.self)]
                : outline(try JSONValue(parsing: request.body))
            sections.append("=== \(type.rawValue) \(language)\n" + lines.joined(separator: "\n"))
        }
    }
    let text = sections.joined(separator: "\n\n") + "\n"
    let file = folder.appending(path: "\(channel.rawValue).txt")
    if ProcessInfo.processInfo.environment["COPYHOOK_GOLDEN"] == "write" {
        try Data(text.utf8).write(to: file)
    }
    let golden = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    for section in sections where !golden.contains(section) {
        Issue.record("\(channel): not in the file any more:\n\(section)")
    }
    #expect(text == golden)
}
