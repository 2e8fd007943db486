package import Domain
import StrictJSON
package import Transport

extension FeishuChannel {
    /// Reads the code in the body first, whatever the status: most failures come under HTTP 200.
    ///
    /// Only a zero needs a 2xx as well: some other party's error page must not pass for a
    /// delivered message.
    package func read(
        _ result: Result<HTTPAnswer, TransportFailure>, at now: Timestamp
    ) -> DeliveryOutcome {
        switch result {
        case .failure(let failure): return .unanswered(failure)
        case .success(let answer):
            guard let verdict = FeishuVerdict(answer.body) else {
                return .byStatus(of: answer, at: now)
            }
            return judge(verdict, answer, at: now)
        }
    }

    private func judge(
        _ verdict: FeishuVerdict, _ answer: HTTPAnswer, at now: Timestamp
    ) -> DeliveryOutcome {
        let code = String(verdict.code)
        let isSuccess = (200..<300).contains(answer.status)
        let reason = OutcomeReason(answer, code, code: code, detail: verdict.text)
        switch verdict.code {
        case 0 where isSuccess:
            return .accepted(OutcomeReason("", status: answer.status))
        case 11232:
            return limited(code, verdict, answer, at: now)
        case 9499 where verdict.speaksOfTooMany:
            return limited(code, verdict, answer, at: now)
        case 19001, 19021, 19022:
            return .channelBroken(reason)
        case 9499, 19002, 19024, 19036:
            return .rejected(reason)
        default:
            let outcome = DeliveryOutcome.byStatus(of: answer, at: now)
            // A code that no table lists says something about this message where the status says
            // nothing, or only that something is wrong with the request.
            if case .rejected = outcome { return .rejected(reason) }
            return isSuccess ? .rejected(reason) : outcome
        }
    }

    private func limited(
        _ code: String, _ verdict: FeishuVerdict, _ answer: HTTPAnswer, at now: Timestamp
    ) -> DeliveryOutcome {
        .failed(answer, code, code: code, detail: verdict.text, isRateLimit: true, at: now)
    }
}

/// The code and the text of an answer: `code` and `msg`, or `StatusCode` and `StatusMessage` of
/// older deployments.
private struct FeishuVerdict {
    let code: Int64
    let text: String?

    /// `nil` for what is not a JSON object with a code; digits in a string count as a number.
    init?(_ body: [UInt8]) {
        guard body.count <= FeishuChannel.answerMax,
            let answer = try? JSONValue(parsing: body),
            let code = (answer["code"] ?? answer["StatusCode"])?.text.flatMap({ Int64($0) })
        else { return nil }
        self.code = code
        text = (answer["msg"] ?? answer["StatusMessage"])?.string
    }

    /// Third parties report 9499 with such a text for a rate limit; not confirmed by the vendor.
    var speaksOfTooMany: Bool {
        let wanted = Array("too many".utf8)
        let given = (text ?? "").lowercased().utf8
        return given.indices.contains { given[$0...].starts(with: wanted) }
    }
}
