import Domain

/// What Coze's own codes mean for a call of ours (contracts/coze.md sections 7.3 and 5.6).
struct CozeCode: Sendable {
    let weight: Refusal.Weight
    let kind: Failure.Kind
    /// What happened and the remedy; one or two sentences without the last full stop.
    let text: String

    /// - Parameters:
    ///   - code: Of the envelope, not 0.
    ///   - isCopy: Whether a copy was asked for, where some codes weigh otherwise.
    /// - Returns: `nil` for a code that no table lists.
    static func meaning(of code: Int64, isCopy: Bool) -> CozeCode? {
        switch code {
        case 4008, 4020:
            CozeCode(.rate, .rateLimited, "Coze has had too many calls of this account")
        case 4009:
            CozeCode(.rate, .unavailable, "Coze is busy")
        case 4100, 700_012_006:
            CozeCode(
                .grant, .unauthorized,
                "Coze refuses the token: it is wrong, has expired, or is of another region."
                    + " Put a valid one into the connection")
        case 4101:
            CozeCode(
                .permission, .unauthorized,
                "The token lacks a permission, or may not see the resource. Give it the"
                    + " permissions for copying and for listing workspaces, bots, apps and"
                    + " workflows, in both workspaces")
        case 4102:
            CozeCode(
                .later, .unavailable,
                "Coze's risk control stopped the call. Ask Coze's support with the log id")
        case 4011, 4028:
            CozeCode(.later, .quotaExceeded, "The account has used up its credits. Buy more")
        case 4019, 4022:
            CozeCode(.later, .quotaExceeded, "The account is in arrears. Settle its bill")
        case 4006, 4200:
            CozeCode(
                .final, .notFound,
                "Coze does not find the resource, or it belongs to somebody else. Check its id,"
                    + " its type, and that the account is a member of both workspaces")
        case 4000:
            CozeCode(
                .final, .invalid,
                "Coze refuses the request as invalid. Check the entity's id and type and the"
                    + " target workspace")
        case 4013:
            // A failing model: worth another try where asking is free.
            CozeCode(isCopy ? .final : .uncertain, .unavailable, "Coze reports a model error")
        case 5000:
            CozeCode(.uncertain, .unavailable, "Coze reports an internal error")
        case 4001...4005, 4007, 4010, 4012, 4014...4016, 4021, 4104, 4105, 4201, 4300...4304, 4314,
            4315, 700_000_000...799_999_999:
            CozeCode(.final, .invalid, "Coze refuses the request")
        default: nil
        }
    }

    private init(_ weight: Refusal.Weight, _ kind: Failure.Kind, _ text: String) {
        self.weight = weight
        self.kind = kind
        self.text = text
    }
}
