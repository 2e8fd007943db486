import Channels
import Domain
import Testing
import Transport

/// An answer, or none, and what a person is told to do about it.
private func remedy(
    _ channel: Endpoint.Channel, _ status: Int, _ body: String = "",
    _ headers: [HTTPField] = []
) -> String {
    let answer = HTTPAnswer(status: status, headers: headers, body: Array(body.utf8))
    let outcome = channel.messages.read(.success(answer), at: start)
    return outcome.remedy(for: .sample(channel))
}

@Test(arguments: [
    (Endpoint.Channel.webhook, 204, "", ""),
    (.teams, 202, "", "Look into the channel"),
    (.webhook, 400, "", "Look into the receiver's log, and check headers, and that both sides"),
    (.webhook, 401, "", "Check headers, and that both sides have the same secret"),
    (.webhook, 404, "", "Check the path of url: nothing is there."),
    (.webhook, 405, "", "what is there takes no POST"),
    (.webhook, 410, "", "gone for good"),
    (.webhook, 413, "", "does not take messages of this form"),
    (.webhook, 307, "", "Write the address that it leads to as url."),
    (.webhook, 503, "", "look into its log"),
    (.webhook, 504, "", "look into its log"),
    (.cloudEvents, 403, "", "Check headers: the receiver does not let us in."),
    (.cloudEvents, 415, "", "Write the other mode"),
    (.slack, 404, "no_service", "Check url, secret"),
    (.slack, 400, "no_text", "Read what the receiver says"),
    (.slack, 200, "<html>", "Something answers that is not slack"),
    (.feishu, 200, #"{"code":19024,"msg":"Key Words Not Found"}"#, "use Copyhook."),
    (
        .telegram, 400,
        #"{"ok":false,"error_code":400,"parameters":{"migrate_to_chat_id":-100777}}"#,
        "Write chat_id: \"-100777\": the group has this number now."
    ),
    (
        .telegram, 429,
        #"{"ok":false,"error_code":429,"parameters":{"retry_after":33}}"#,
        "Nothing is wrong with the configuration: wait 33s and try again."
    ),
    (.feishu, 200, #"{"code":11232,"msg":"limited"}"#, "wait a minute and try again"),
])
func whatCanBeDoneIsSaid(
    _ channel: Endpoint.Channel, _ status: Int, _ body: String, _ due: String
) {
    let said = remedy(channel, status, body)
    #expect(due.isEmpty ? said.isEmpty : said.contains(due), "\(channel) \(status): \(said)")
}

@Test func whoIsToldToWaitIsToldForHowLong() {
    let said = remedy(.webhook, 429, "", [HTTPField("Retry-After", "120")])
    #expect(said.contains("wait 2m and try again"), "\(said)")
}

@Test func aReceiverThatGaveNoPermissionIsAskedForIt() {
    let endpoint = Endpoint.sample(.cloudEvents)
    for status in [200, 405] {
        let permission = endpoint.channel.messages.readPermission(
            .success(HTTPAnswer(status: status, headers: [], body: [])), of: endpoint, at: start)
        guard case .denied(let outcome) = permission else {
            Issue.record("granted by \(status)")
            continue
        }
        #expect(
            outcome.remedy(for: endpoint)
                == "Have the receiver answer OPTIONS with WebHook-Allowed-Origin: "
                + "processor.example.com, or write handshake: off if it needs no question.")
    }
}

@Test(arguments: [
    (TransportFailure.Code.couldNotResolve, "look names up"),
    (.couldNotConnect, "host and port"), (.handshakeFailed, "certificate"),
    (.timedOut, "within timeout: 15s"), (.refused, "allow the address"),
])
func aWayThatFailsSaysWhatToCheck(_ code: TransportFailure.Code, _ due: String) {
    for channel in [Endpoint.Channel.webhook, .slack] {
        let failure = TransportFailure(code, isSent: false, detail: "x")
        let outcome = channel.messages.read(.failure(failure), at: start)
        #expect(outcome.remedy(for: .sample(channel)).contains(due))
    }
}
