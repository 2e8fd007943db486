import Domain

/// What a Chinese reader gets: colour and title, then a paragraph each.
let goldenChinese: [NotificationType: String] = [
    .copySucceeded: """
    [green] 机器人已复制：客服助手

    “客服助手”已复制到同一空间。

    副本：7512000000000000009
    原件：7351000000000000001
    耗时：1.8 秒
    连接：coze-prod
    规则：backup
    时间：2026-03-18 08:30:15 UTC

    Copyhook · tsk_1 · evt_1
    """,
    .copyFailed: """
    [red] 机器人复制失败：客服助手

    “客服助手”没有复制到空间 7498000000000000001：平台拒绝了凭证，或凭证权限不足。

    原件：7351000000000000001
    原因：no permission（代码 4101）
    耗时：1 分 5 秒
    提交次数：3
    连接：coze-prod
    规则：backup
    平台日志 ID：20260318AB
    时间：2026-03-18 08:30:15 UTC
    命令：copyhook tasks show tsk_1

    请检查该连接的凭证是否有效、权限是否足够。之后重新发布，就会再次复制。

    Copyhook · tsk_1 · evt_1
    """,
    .copyUnresolved: """
    [orange] 机器人复制结果不明：客服助手

    提交后没有收到应答，无法确定“客服助手”是否已复制到同一空间。为避免重复，不会自动重试。

    原件：7351000000000000001
    连接：coze-prod
    规则：backup
    平台日志 ID：20260318CD
    时间：2026-03-18 08:30:15 UTC
    命令：copyhook tasks resolve tsk_1

    请到目标空间或账号中查看是否已有副本，再用上面的命令告知结果：有则加 --adopt 和副本编号，没有则加 --send-again 或 --give-up。

    Copyhook · tsk_1 · evt_1
    """,
    .copyCancelled: """
    [blue] 机器人复制已取消：客服助手

    “客服助手”不会复制到空间 7498000000000000001：任务在提交前已取消。

    原件：7351000000000000001
    连接：coze-prod
    规则：backup
    时间：2026-03-18 08:30:15 UTC

    Copyhook · tsk_1 · evt_1
    """,
    .copyStalled: """
    [orange] 机器人复制迟迟未完成：客服助手

    平台仍在把“客服助手”复制到同一账号，比平时慢。Copyhook 会继续查询。

    原件：7351000000000000001
    连接：keyue-prod
    规则：backup
    时间：2026-03-18 08:30:15 UTC
    命令：copyhook tasks show tsk_1

    暂时无需处理；如果长时间没有进展，请到平台上查看。

    Copyhook · tsk_1 · evt_1
    """,
    .copyDuplicateSuspected: """
    [orange] 机器人可能有重复副本：客服助手

    “客服助手”可能有两个副本，位于同一空间。

    副本：7512000000000000009
    原件：7351000000000000001
    连接：coze-prod
    规则：backup
    时间：2026-03-18 08:30:15 UTC
    命令：copyhook tasks show tsk_1

    请到那里核对，删除多余的副本。

    Copyhook · tsk_1 · evt_1
    """,
    .eventAnnounced: """
    [blue] 机器人已下架：客服助手

    “客服助手”已下架。

    编号：7351000000000000001
    空间：7481000000000000001
    事件：bot.unpublished
    来源：coze-main
    规则：tell
    时间：2026-03-18 08:30:15 UTC

    Copyhook · evt_1
    """,
    .endpointWarning: """
    [orange] 通知端点持续失败：audit

    发往端点“audit”的通知一直没有送达。连续失败满 5 天会停用，现已过去 50%。

    原因：HTTP 503
    时间：2026-03-18 08:30:15 UTC
    命令：copyhook endpoints test audit --config FILE

    请检查它的地址和密钥、对方是否正常，再用上面的命令试发一条。

    Copyhook
    """,
    .endpointDisabled: """
    [red] 通知端点已停用：audit

    端点“audit”已停用，每小时只试一次。

    时间：2026-03-18 08:30:15 UTC
    命令：copyhook endpoints test audit --config FILE

    修复后会自动恢复，积压的通知随后补发。

    Copyhook
    """,
    .endpointRecovered: """
    [green] 通知端点已恢复：audit

    端点“audit”重新开始接收通知。

    时间：2026-03-18 08:30:15 UTC

    Copyhook
    """,
    .connectionBroken: """
    [red] 连接故障：coze-prod

    连接“coze-prod”无法使用：平台拒绝了凭证，或凭证权限不足。修复前新的复制任务会失败。

    平台：coze
    原因：token expired（代码 4100）
    平台日志 ID：20260318EF
    时间：2026-03-18 08:30:15 UTC

    请检查该连接的凭证是否有效、权限是否足够。

    Copyhook
    """,
    .connectionRecovered: """
    [green] 连接已恢复：coze-prod

    连接“coze-prod”恢复正常，积压的复制任务会继续。

    平台：coze
    时间：2026-03-18 08:30:15 UTC

    Copyhook
    """,
    .ping: """
    [blue] 测试消息

    收到这条消息，说明通知可以送达。

    时间：2026-03-18 08:30:15 UTC

    Copyhook
    """,
]
