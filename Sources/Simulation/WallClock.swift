import Domain

extension Timestamp {
    /// As the `Date` header has it: `Wed, 18 Mar 2026 08:30:15 GMT`.
    ///
    /// RFC 9110 section 5.6.7, IMF-fixdate.
    package var httpDate: String {
        let text = Array(description.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
        let days = milliseconds >= 0 ? milliseconds / 86_400_000 : 0
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(days % 7)]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let month = months[max(0, min(11, (Int(part(5..<7)) ?? 1) - 1))]
        return "\(weekday), \(part(8..<10)) \(month) \(part(0..<4)) \(part(11..<19)) GMT"
    }

    /// `2024-08-08 14:38:07`, the same moment on a clock in China (UTC+8), as Keyue writes it.
    var chinaTime: String {
        let text = (self + .hours(8)).description.utf8
        return String(Substring(text.prefix(10))) + " "
            + String(Substring(text.dropFirst(11).prefix(8)))
    }

    /// Fourteen digits, `20250909100012`.
    var compactText: String {
        String(
            decoding: description.utf8.prefix(19).filter { $0 >= 0x30 && $0 <= 0x39 },
            as: UTF8.self)
    }
}
