import Domain

/// What went wrong and what to do about it, for each kind of failure.
struct FailureWords {
    let cause: Phrase
    let advice: Phrase
    /// How a copy that failed is made after all, since a task that ended is not begun again.
    ///
    /// Empty where that is part of the advice, or where nobody wants it.
    var again = Phrase(
        "之后重新发布，就会再次复制。", "Then publish it again: the next event starts a new copy.")

    init(_ kind: Failure.Kind?) {
        switch kind {
        case .unauthorized:
            cause = Phrase(
                "平台拒绝了凭证，或凭证权限不足", "the platform refused the credential or its permissions")
            advice = Phrase(
                "请检查该连接的凭证是否有效、权限是否足够。",
                "Check that the connection's credential is valid and may do this.")
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
                "请重命名或删除目标中的同名对象。", "Rename or delete the one in the target.")
        case .quotaExceeded:
            cause = Phrase("账号配额已用完", "the account's quota is used up")
            advice = Phrase("请清理旧副本或提升配额。", "Delete old copies or raise the quota.")
        case .rateLimited:
            cause = Phrase("平台持续限流", "the platform kept limiting the rate")
            advice = Phrase("请调低该连接的速率。", "Lower the connection's rate.")
        case .unavailable:
            cause = Phrase("平台无法访问或繁忙", "the platform was out of reach or busy")
            advice = Phrase(
                "请检查网络和平台状态。", "Check the network and the platform's status.")
        case .malformedAnswer:
            cause = Phrase("平台的应答与文档不符", "the platform's answer was not understood")
            advice = Phrase(
                "请到平台上确认是否已有副本；没有时重新发布，就会再次复制。",
                "Check on the platform whether there is a copy; if not, publish it again.")
            again = Phrase("", "")
        case .copyFailed:
            cause = Phrase("平台报告复制失败", "the platform reported that the copy failed")
            advice = Phrase("请按上述原因在平台上处理。", "Fix on the platform what the reason names.")
        case .forbiddenTarget:
            cause = Phrase("出站地址策略不允许访问该地址", "the egress policy forbids the address")
            advice = Phrase(
                "请检查连接的地址；确属内网时加入 egress.allow。",
                "Check the connection's address; if it is meant to be private, add egress.allow.")
        case .abandoned:
            cause = Phrase("有人放弃了这个任务", "somebody gave it up")
            advice = Phrase("无需处理。", "Nothing to do.")
            again = Phrase("", "")
        case .deadline:
            cause = Phrase("超过时限", "it took too long")
            advice = Phrase(
                "请检查网络和平台状态。", "Check the network and the platform's status.")
        case nil:
            cause = Phrase("原因不明", "the reason is not known")
            advice = Phrase("请查看任务详情。", "Look at the task for details.")
        }
    }
}
