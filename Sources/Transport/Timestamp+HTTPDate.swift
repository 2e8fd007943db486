package import Domain

extension Timestamp {
    /// The moment as a header has it: `Sun, 06 Nov 1994 08:49:37 GMT`.
    ///
    /// IMF-fixdate of RFC 9110 section 5.6.7, the one form that may be sent. Milliseconds are
    /// dropped.
    package var httpDate: String {
        let text = Array(description.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
        let second = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        let day = second.remainder < 0 ? second.quotient - 1 : second.quotient
        // The first of January 1970 was a Thursday, the fourth day here.
        let weekday = HTTPDateWords.days[Int(((day + 3) % 7 + 7) % 7)]
        let month = HTTPDateWords.months[(Int(part(5..<7)) ?? 1) - 1]
        return "\(weekday), \(part(8..<10)) \(month) \(part(0..<4)) \(part(11..<19)) GMT"
    }

    /// Reads `Wed, 18 Mar 2026 08:31:45 GMT`, `Wednesday, 18-Mar-26 08:31:45 GMT` or
    /// `Wed Mar 18 08:31:45 2026`: the form that is sent and the two that must be understood.
    ///
    /// RFC 9110 section 5.6.7. Names of days and months are case-sensitive there; that the day of
    /// the week fits the date is not checked.
    ///
    /// - Parameter now: Settles the century of two digits: the latest year of that spelling that
    ///   is not more than 50 years ahead.
    package init?(httpDate text: String, at now: Timestamp) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 6 where parts[2].isEmpty && parts[3].utf8.count == 1:
            // asctime pads a day of one digit with a blank.
            self.init(asctime: [parts[0], parts[1], "0" + parts[3], parts[4], parts[5]])
        case 6:
            guard parts[0].isOne(of: HTTPDateWords.days, before: ","), parts[5] == "GMT" else {
                return nil
            }
            self.init(year: parts[3], month: parts[2], day: parts[1], time: parts[4])
        case 5: self.init(asctime: parts)
        case 4: self.init(rfc850: parts, at: now)
        default: return nil
        }
    }

    private init?(asctime parts: [String]) {
        guard HTTPDateWords.days.contains(parts[0]) else { return nil }
        self.init(year: parts[4], month: parts[1], day: parts[2], time: parts[3])
    }

    private init?(rfc850 parts: [String], at now: Timestamp) {
        let date = parts[1].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts[0].isOne(of: HTTPDateWords.longDays, before: ","), parts[3] == "GMT",
            date.count == 3, date[2].utf8.count == 2, let short = UInt8(date[2]),
            let present = Int(now.description.prefix(4))
        else { return nil }
        var year = present - present % 100 + 100 + Int(short)
        while year > present + 50 { year -= 100 }
        self.init(year: String(year), month: date[1], day: date[0], time: parts[2])
    }

    /// Leaves every check of a number to the one parser of dates that there is.
    private init?(year: String, month: String, day: String, time: String) {
        guard let place = HTTPDateWords.months.firstIndex(of: month), time.utf8.count == 8 else {
            return nil
        }
        let number = place < 9 ? "0\(place + 1)" : "\(place + 1)"
        self.init(rfc3339: "\(year)-\(number)-\(day)T\(time)Z")
    }
}

/// The names that stand in dates, in order.
private enum HTTPDateWords {
    static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    static let longDays = [
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]
    static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

extension String {
    /// Whether this is one of `names` and then `end`.
    fileprivate func isOne(of names: [String], before end: String) -> Bool {
        names.contains { self == $0 + end }
    }
}
