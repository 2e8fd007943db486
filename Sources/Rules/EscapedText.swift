/// Resolves the escapes of a JSON string, into UTF-8.
///
/// - Parameters:
///   - raw: What stands between the quotes.
///   - text: Emptied first.
/// - Returns: `false` for what no strict parser lets through.
func unescape(_ raw: UnsafeBufferPointer<UInt8>, into text: inout Stack<UInt8>) -> Bool {
    text.removeAll()
    var place = 0
    while place < raw.count {
        let byte = raw[place]
        place += 1
        guard byte == UInt8(ascii: "\\") else {
            text.append(byte)
            continue
        }
        guard place < raw.count else { return false }
        let letter = raw[place]
        place += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            guard let scalar = scalar(raw, &place) else { return false }
            for byte in Unicode.UTF8.encode(scalar) ?? .init() { text.append(byte) }
        default: return false
        }
    }
    return true
}

/// A code point of four digits, or of twice four with an escape in between.
private func scalar(_ raw: UnsafeBufferPointer<UInt8>, _ place: inout Int) -> Unicode.Scalar? {
    guard let first = unit(raw, &place) else { return nil }
    guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) }
    guard place + 1 < raw.count, raw[place] == UInt8(ascii: "\\"),
        raw[place + 1] == UInt8(ascii: "u")
    else { return nil }
    place += 2
    guard let second = unit(raw, &place), UTF16.isTrailSurrogate(second) else { return nil }
    return Unicode.Scalar(
        0x10000 + (UInt32(first) - 0xD800) << 10 + UInt32(second) - 0xDC00)
}

private func unit(_ raw: UnsafeBufferPointer<UInt8>, _ place: inout Int) -> UInt16? {
    guard place + 4 <= raw.count else { return nil }
    var value: UInt16 = 0
    for index in place..<place + 4 {
        let byte = raw[index]
        let digit: UInt8
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
        default: return nil
        }
        value = value << 4 | UInt16(digit)
    }
    place += 4
    return value
}
