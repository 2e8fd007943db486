import Domain

/// What went wrong and what to do about it, for each kind of failure.
struct FailureWords {
    let cause: Phrase
    let advice: Phrase

    init(_ kind: Failure.Kind?) {
        switch kind {
        case .unauthorized:
            cause = Phrase("平台拒绝了凭证或权限", "the platform refused the credential or its permissions")
            advice = Phrase(
                "请检查该连接的凭证是否有效、权限是否足够，然后重试。",
                "Check that the connection's credential is valid and may do this, then retry.")
        case .notFound:
            cause = Phrase("平台找不到原件或目标空间", "the platform does not know the original or the target")
            advice = Phrase(
                "请确认原件未被删除、目标空间存在，且凭证可以访问两者。",
                "Check that the original and the target exist and that the credential sees both.")
        case .invalid:
            cause = Phrase("平台不接受这个请求", "the platform does not accept the request")
            advice = Phrase(
                "请检查规则中的目标空间和类型是否受平台支持。",
                "Check that the platform supports the rule's target and entity type.")
        case .duplicateName:
            cause = Phrase("目标中已有同名对象", "the target already has one of that name")
            advice = Phrase(
                "请重命名或删除目标中的同名对象，然后重试。",
                "Rename or delete the one in the target, then retry.")
        case .quotaExceeded:
            cause = Phrase("账号配额已用完", "the account's quota is used up")
            advice = Phrase("请清理旧副本或提升配额，然后重试。", "Free or raise the quota, then retry.")
        case .rateLimited:
            cause = Phrase("平台持续限流", "the platform kept limiting the rate")
            advice = Phrase(
                "请稍后重试，或调低该连接的速率。", "Retry later, or lower the connection's rate.")
        case .unavailable:
            cause = Phrase("平台无法访问或繁忙", "the platform was out of reach or busy")
            advice = Phrase(
                "请检查网络和平台状态，恢复后重试。",
                "Check the network and the platform's status, then retry.")
        case .malformedAnswer:
            cause = Phrase("平台的应答与文档不符", "the platform's answer fits no document")
            advice = Phrase(
                "请到平台上确认是否已有副本，再决定是否重试。",
                "Look on the platform whether a copy exists before you retry.")
        case .copyFailed:
            cause = Phrase("平台报告复制失败", "the platform reported that the copy failed")
            advice = Phrase(
                "请按上述原因在平台上处理，然后重试。", "Mend what the reason says, then retry.")
        case .forbiddenTarget:
            cause = Phrase("出站地址策略不允许访问该地址", "the egress policy forbids the address")
            advice = Phrase(
                "请检查连接的地址；确属内网时加入 egress.allow。",
                "Check the connection's address; if it is meant to be private, add egress.allow.")
        case .abandoned:
            cause = Phrase("有人放弃了这个任务", "somebody gave it up")
            advice = Phrase("无需处理。", "Nothing is to be done.")
        case .deadline:
            cause = Phrase("超过时限", "time ran out")
            advice = Phrase(
                "请检查网络和平台状态，恢复后重试。",
                "Check the network and the platform's status, then retry.")
        case nil:
            cause = Phrase("原因不明", "for an unknown reason")
            advice = Phrase("请查看任务详情。", "Look at the task for details.")
        }
    }
}
