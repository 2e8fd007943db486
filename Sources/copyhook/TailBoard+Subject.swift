import Domain
import StrictJSON

extension TailBoard {
    /// What a line is about, as the API names it.
    package struct Subject: Hashable, Sendable {
        package enum Table: String, Hashable, Sendable { case events, tasks, deliveries }

        package let table: Table
        package let id: String

        package init(_ table: Table, _ id: String) {
            self.table = table
            self.id = id
        }
    }
}

extension TailBoard.Subject {
    /// `nil` for what is about none of the three, as entries of the audit.
    init?(_ happening: JSONValue) {
        if let id = happening["delivery"]?.text {
            self.init(.deliveries, id)
        } else if let id = happening["task"]?.text {
            self.init(.tasks, id)
        } else if let id = happening["event"]?.text {
            self.init(.events, id)
        } else {
            return nil
        }
    }

    /// Where the record is.
    var path: String { "/api/v1/\(table.rawValue)/\(APIClient.segment(id))" }

    /// Where it is had done again.
    var pathAgain: String {
        switch table {
        case .events: path + "/replay"
        case .tasks: path + "/retry"
        case .deliveries: path + "/resend"
        }
    }

    var question: String {
        switch table {
        case .events: "Replay event \(id.onOneLine)? [y/N]"
        case .tasks: "Retry task \(id.onOneLine)? [y/N]"
        case .deliveries: "Send delivery \(id.onOneLine) again? [y/N]"
        }
    }

    /// The service's answer to having it done again, in the words of the commands that do that.
    func became(_ record: JSONValue) -> String {
        switch table {
        case .events: Became.replayed(id, record)
        case .tasks: Became.retried(id, record)
        case .deliveries: Became.standing(id, record)
        }
    }
}
