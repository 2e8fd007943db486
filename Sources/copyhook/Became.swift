import Domain
import StrictJSON

/// What was asked for became, in a line: commands print it, and the board of the stream shows it.
enum Became {
    static func replayed(_ id: String, _ answer: JSONValue) -> String {
        "\(id.onOneLine) meets the rules again, as run \(answer.cell("run"))"
    }

    static func retried(
        _ id: String, _ answer: JSONValue, _ paint: Paint = Paint(isOn: false)
    ) -> String {
        let new = row(answer).cell("id").onOneLine
        return "\(id.onOneLine) is done again by \(new), which is \(state(answer, paint))"
    }

    static func standing(
        _ id: String, _ answer: JSONValue, _ paint: Paint = Paint(isOn: false)
    ) -> String {
        "\(id.onOneLine) is now \(state(answer, paint))"
    }

    /// What came of a wish: the row, alone or beside what else is told.
    static func row(_ answer: JSONValue) -> JSONValue {
        answer["task"] ?? answer["delivery"] ?? answer
    }

    private static func state(_ answer: JSONValue, _ paint: Paint) -> String {
        paint.state(row(answer).cell("state").onOneLine)
    }
}
