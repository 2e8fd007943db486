/// Where the conjunctions are that are filed under a test: nowhere, in a place, or just one.
struct EngineFiling {
    private let code: Int32

    init(place: Int32, among parts: EngineParts) {
        guard place >= 0 else {
            code = -1
            return
        }
        let filed = parts.places[Int(place)]
        let isOne = filed.filed.count == 1 && !filed.leadsDeeper
        code = isOne ? -2 - parts.filed[Int(filed.filed.start)] : place
    }

    @inline(__always)
    var place: Int32? { code >= 0 ? code : nil }
    @inline(__always)
    var conjunction: Int32? { code <= -2 ? -2 - code : nil }
}
