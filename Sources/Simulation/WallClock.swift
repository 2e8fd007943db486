import Domain

extension Timestamp {
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
