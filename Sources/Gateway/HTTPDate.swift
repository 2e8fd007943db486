import Domain

extension Timestamp {
    /// The moment as `Date` has it, IMF-fixdate of RFC 9110 section 5.6.7:
    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    var httpDate: String {
        let text = Array(description.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let daysSinceEpoch = max(0, milliseconds) / 86_400_000
        let month = months[(Int(part(5..<7)) ?? 1) - 1]
        return "\(days[Int(daysSinceEpoch % 7)]), \(part(8..<10)) \(month) \(part(0..<4)) "
            + "\(part(11..<19)) GMT"
    }
}
