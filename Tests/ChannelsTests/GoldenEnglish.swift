import Domain

/// What an English reader gets: colour and title, then a paragraph each.
let goldenEnglish: [NotificationType: String] = [
    .copySucceeded: """
    [green] Bot copied: 客服助手

    “客服助手” was copied to the same workspace.

    Copy: 7512000000000000009
    Original: 7351000000000000001
    Took: 1.8 s
    Connection: coze-prod
    Rule: backup
    Time: 2026-03-18 08:30:15 UTC

    Copyhook · tsk_1 · evt_1
    """,
    .copyFailed: """
    [red] Bot copy failed: 客服助手

    “客服助手” was not copied to workspace 7498000000000000001: the platform refused the \
    credential or its permissions.

    Original: 7351000000000000001
    Reason: no permission (code 4101)
    Took: 1 min 5 s
    Submissions: 3
    Connection: coze-prod
    Rule: backup
    Platform log id: 20260318AB
    Time: 2026-03-18 08:30:15 UTC
    Command: copyhook tasks show tsk_1

    Check that the connection's credential is valid and may do this. Then publish it again: \
    the next event starts a new copy.

    Copyhook · tsk_1 · evt_1
    """,
    .copyUnresolved: """
    [orange] Bot copy unresolved: 客服助手

    The answer was lost, so nobody knows whether “客服助手” was copied to the same workspace. It \
    is not retried by itself, so that there are never two copies.

    Original: 7351000000000000001
    Connection: coze-prod
    Rule: backup
    Platform log id: 20260318CD
    Time: 2026-03-18 08:30:15 UTC
    Command: copyhook tasks resolve tsk_1

    Look whether the copy is there, then run the command above: with --adopt and its id if it is, \
    with --send-again or --give-up if not.

    Copyhook · tsk_1 · evt_1
    """,
    .copyCancelled: """
    [blue] Bot copy cancelled: 客服助手

    The copy of “客服助手” to workspace 7498000000000000001 was cancelled before it was submitted.

    Original: 7351000000000000001
    Connection: coze-prod
    Rule: backup
    Time: 2026-03-18 08:30:15 UTC

    Copyhook · tsk_1 · evt_1
    """,
    .copyStalled: """
    [orange] Bot copy is slow: 客服助手

    The platform is still copying “客服助手” to the same account, which takes longer than \
    usual. Copyhook keeps asking.

    Original: 7351000000000000001
    Connection: keyue-prod
    Rule: backup
    Time: 2026-03-18 08:30:15 UTC
    Command: copyhook tasks show tsk_1

    Nothing to do yet. If it goes on like this, look on the platform.

    Copyhook · tsk_1 · evt_1
    """,
    .copyDuplicateSuspected: """
    [orange] Bot may have two copies: 客服助手

    There may be two copies of “客服助手” in the same workspace.

    Copy: 7512000000000000009
    Original: 7351000000000000001
    Connection: coze-prod
    Rule: backup
    Time: 2026-03-18 08:30:15 UTC
    Command: copyhook tasks show tsk_1

    Look there and delete the extra copy.

    Copyhook · tsk_1 · evt_1
    """,
    .eventAnnounced: """
    [blue] Bot taken down: 客服助手

    “客服助手” was taken down.

    Id: 7351000000000000001
    Workspace: 7481000000000000001
    Event: bot.unpublished
    Source: coze-main
    Rule: tell
    Time: 2026-03-18 08:30:15 UTC

    Copyhook · evt_1
    """,
    .endpointWarning: """
    [orange] Endpoint failing: audit

    Nothing reaches endpoint “audit”. It is disabled after 5 days without a success; \
    50% of that has passed.

    Reason: HTTP 503
    Time: 2026-03-18 08:30:15 UTC
    Command: copyhook endpoints test audit --config FILE

    Check its address, its secret and whether it is up, then send it a test message with the \
    command above.

    Copyhook
    """,
    .endpointDisabled: """
    [red] Endpoint disabled: audit

    Endpoint “audit” was disabled. It is tried once an hour.

    Time: 2026-03-18 08:30:15 UTC
    Command: copyhook endpoints test audit --config FILE

    Once it works, it recovers by itself, and what waited for it follows.

    Copyhook
    """,
    .endpointRecovered: """
    [green] Endpoint recovered: audit

    Endpoint “audit” is taking notifications again.

    Time: 2026-03-18 08:30:15 UTC

    Copyhook
    """,
    .connectionBroken: """
    [red] Connection broken: coze-prod

    Connection “coze-prod” does not work: the platform refused the credential or its \
    permissions. New copies fail until it is fixed.

    Provider: coze
    Reason: token expired (code 4100)
    Platform log id: 20260318EF
    Time: 2026-03-18 08:30:15 UTC

    Check that the connection's credential is valid and may do this.

    Copyhook
    """,
    .connectionRecovered: """
    [green] Connection recovered: coze-prod

    Connection “coze-prod” works again; the copies that waited go on.

    Provider: coze
    Time: 2026-03-18 08:30:15 UTC

    Copyhook
    """,
    .ping: """
    [blue] Test message

    If you can read this, notifications get through.

    Time: 2026-03-18 08:30:15 UTC

    Copyhook
    """,
]
