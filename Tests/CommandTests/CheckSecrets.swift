/// A good configuration in which every secret is a text that stands nowhere else.
struct PlantedSecrets {
    let verifyToken = "planted-verify-token-4711"
    /// `whsec_` and base 64 of 32 bytes each.
    let ownSecrets = [
        "whsec_UExBTlRFRC1PV04tU0VDUkVULTAwMDAwMDAwMDAwMDE=",
        "whsec_UExBTlRFRC1PV04tU0VDUkVULTAwMDAwMDAwMDAwMDI=",
    ]
    let cozeToken = "pat_planted-coze-token-4712"
    let keyue = ["planted-keyue-token-4713", "planted-keyue-uid-4714", "planted-keyue-user-4715"]
    let hookPath = "planted-path-4716"
    let hookQuery = "planted-query-4717"
    let hookSecret = "whsec_UExBTlRFRC1IT09LLVNFQ1JFVC0wMDAwMDAwMDAwMDE="
    let header = "planted-header-4718"
    let robot = "planted-robot-4719"
    let fromFile = "planted-file-secret-4720"
    let adminKey = "planted-admin-key-4721-0123456789-abcdef"
    let masterKey = "planted-master-key-4722-0123456789-abcdef"

    /// Without the beginnings that say what kind of secret it is.
    var all: [String] {
        [
            verifyToken, cozeToken, hookPath, hookQuery, hookSecret, header, robot, fromFile,
            adminKey,
        ]
            + [masterKey] + ownSecrets + keyue
            + PlantedSecrets.privateKey.split(separator: "\n").dropFirst().prefix(3).map(
                String.init)
    }

    var environment: [String: String] {
        [
            "VERIFY_TOKEN": verifyToken,
            "ROBOT": "https://open.feishu.cn/open-apis/bot/v2/hook/\(robot)",
            "COPYHOOK_SERVER_ADMIN_KEY": adminKey,
        ]
    }

    var yaml: String {
        """
        secrets: { master_key: "\(masterKey)" }
        sources:
          coze-main:
            scheme: coze
            apps: [{ api_app_id: "1", verify_token: "${VERIFY_TOKEN}" }]
          own:
            scheme: standard-webhooks
            secrets: ["\(ownSecrets[0])", "\(ownSecrets[1])"]
        connections:
          one: { provider: coze, auth: { token: "\(cozeToken)" } }
          two:
            provider: coze
            auth: { jwt: { app_id: "1", key_id: k, private_key_file: coze.pem } }
          three:
            provider: keyue
            auth: { token: "\(keyue[0])", uid: "\(keyue[1])", username: "\(keyue[2])" }
        endpoints:
          audit:
            url: "https://ops.example.com/\(hookPath)?key=\(hookQuery)"
            secret: "\(hookSecret)"
            headers: { X-Api-Key: "\(header)" }
          chat: { channel: feishu, url: "${ROBOT}", secret: "${file:chat.secret}" }
        rules:
          - { name: r, match: { type: [a] }, copy: [{ connection: one }], notify: [audit] }

        """
    }

    /// Made for these tests, and valid nowhere.
    static let privateKey = """
        -----BEGIN PRIVATE KEY-----
        MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC3Uy2fs+/A42Ct
        LKHHuQQf7HM3dCZ3836+Vw0RA+dsWnLlkJ5TR5vZcxHmYxErYSh9ZCb/fBkqoGmh
        ztkciBwRXCul3UdYIDlGXGJpUhwbj3se3VMZ/2OVO5GzdAaad2in8bzuQN8iyfEV
        ztKGO3OGXm293Qgncz49nvZA+GYqfqT4uDh4HKiJlZLq5HuXjckfSW/iFtVghlbj
        0olONRl0FYklCIWcdR6Gs2vkxuJGAQ9KBmCnrirQpj9udkFbwL67VKgPofKbqcAg
        7Fa8BiBxokNLPfwT2ffFxgdpZfzKo0F262/YeWXc9e1Z4pMpZaA4HorRAe8cJHjW
        OW3NMVSZAgMBAAECggEAAO5Ib0Tl3Pwaj86H9MBk+7eC3z90+YtwM420GIfFS0jL
        SAybrS8SJMC/kMSkf+yinL5fL1FlPFDrsGFhO1Kal+D4rMMqm1EwkUGjU0cSMvaf
        yKiVhS6FhiqzAu7+IJcmHiItVCVarK3LTlHKQlm3bLF6i6n9Ylvkr0HpHKvWMvWG
        7VlkSghO9mTI4Z6QkaNwa3aw8iske++30WvI+9xP6lGU62oSLUVGvGAEnUuo7vQY
        nJBLt+u3RZDx5vTdAG4EItJ/THGofUb9i/WPhLp8YeYatJ9LcIegEtm9JDh59BVh
        5iD3vf1Bx/tCw3OBw/I0Yc+c1iwBVu2QoFLMYnXQjQKBgQD9Q53tZguzFiiaaTxO
        EvNp99mrSJ/bfeJYQ5I23OkmyTmGChryuZEmYa64f1cIjO8FkyYpRZbe+ilZlHu0
        r1uuhSOo91VqD4aMDaacw7iTdxfi5HGpK5Nfrp6D7tVG5jEZ45rFJm0SUE8pb60B
        pcPSOIYiIEJwN1m+XOkynPr5FQKBgQC5TiZN0lPlVNio8/JGXY1wu0IPt/pquebs
        obXpswpXWeNUd3L8N1zAcV994LS5IXyK13O2vFjtYDn9MzYDgRr2kBo1L8walJ2q
        NWz68xtD+r46JQTSwP07+tUzHP+/RVFHTWg7LF/6Hy37VklnnveG0mZ675JJqvjY
        8u2YRcsGdQKBgQDKrLfPaWBneo4Xs6uc1zGQVdYNalrzLbRa6ggye2rhrRqpl6Cl
        KbdsvbMy1kTyBMaq8W0SjiwEWLGKjHbKy6JU8RrudrAV5kLIBYyV21L0P9QPsLz8
        onCXm4gjEJgA2unkS+5pYyzaAQa4pDQRI3Sn4LAG00YXw1PAMV41MMbvWQKBgDEX
        /lfx2F5S20/vyYlQ8c8jHX5ynLq34/FfaoWu9Jdt7ieLugAOXtlxb/42kUrXD1rt
        d++6+MhzDQoDDlVhWBZo2TisICQOqbLVkrjtvZSGEu3urtdzX+QLMX7oOO2g3MbK
        QEolGIx4xELpemskl6m1hocdf6Fa1bEMs1v7aa2dAoGBAOpKJEqWohcrTpcCZJn1
        c5mchNndoouXudCgB8JYTRyZRWXQjepBYhoHVCVOVW/70BYHtzwmZmtrjsknN879
        rmZIBk/ie/tEMDe8qgG6T9hk6R13tVg1LhG803N0phMFqPHDimacYrPSOobzgOWj
        b8RuvcjoQlXKveCn/YtC2XKY
        -----END PRIVATE KEY-----
        """
}
