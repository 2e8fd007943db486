import Domain
import Signing

// Senders that seal what they send, or sign it in ways of their own.

extension SenderRow {
    static var sealed: [SenderRow] {
        [feishu, feishuToken, dingTalk, dingTalkRobot, weCom, weComBot, infoflow]
    }

    private static let feishu = SealedSender(
        source: "feishu",
        settings: { ["verification_token": $0.secret.exposed, "encrypt_key": $0.secret.exposed] },
        scheme: "feishu", more: ["window: 5m"],
        make: { keys, id, now in
            let event =
                #"{"header":{"event_id":"\#(id)","event_type":"t","#
                + #""token":"\#(keys.secret.exposed)"}}"#
            let body = try keys.feishu(event)
            let headers = try FeishuCipher(encryptKey: keys.secret)
                .headers(at: now, nonce: "n0nce", body: body)
            return SenderCase(name: "", headers: headers, body: body, status: 200)
        }, isTimed: true
    ).row { _ in
        let check = #"{"challenge":"abc","token":"\#(HeaderProof.secret.exposed)","#
        let foreign = #"{"challenge":"abc","token":"other","#
        let type = #""type":"url_verification"}"#
        let unsealed = #"{"header":{"event_id":"unsealed","event_type":"t"}}"#
        return [
            SenderCase(
                name: "a sealed check", body: try SealedKeys.newer.feishu(check + type),
                status: 200, answers: [#"{"challenge":"abc"}"#]),
            SenderCase(
                name: "a check with another token",
                body: try SealedKeys.newer.feishu(foreign + type), status: 401, lacks: ["abc"]),
            SenderCase(
                name: "a sealed event without a signature",
                body: try SealedKeys.newer.feishu(unsealed), status: 401),
            SenderCase(name: "an open check", body: Array((check + type).utf8), status: 401),
            SenderCase(name: "an open event", body: Array(unsealed.utf8), status: 401),
            SenderCase(
                name: "another method", method: "GET", status: 405, answers: ["Allow: POST"]),
        ]
    }

    private static let feishuToken = SenderRow(
        source: "feishu-token",
        settings: [
            "scheme: feishu",
            "apps: [{ verification_token: \"\(HeaderProof.secret.exposed)\" }]",
        ],
        cases: { _ in
            let right = HeaderProof.secret.exposed
            func event(_ name: String, _ id: String, _ token: String, _ status: Int) -> SenderCase {
                let body = #"{"uuid":"\#(id)","token":"\#(token)","event":{"type":"app_open"}}"#
                return SenderCase(
                    name: name, body: Array(body.utf8), status: status,
                    stores: status == 200 ? [id] : [])
            }
            let check = #"{"challenge":"abc","token":"\#(right)","type":"url_verification"}"#
            return [
                event("an event with its token", "good", right, 200),
                event("another token", "strange", "x", 401),
                event("an empty token", "empty", "", 401),
                SenderCase(
                    name: "no token", body: Array(#"{"uuid":"bare","event":{"type":"t"}}"#.utf8),
                    status: 401),
                SenderCase(
                    name: "a check", body: Array(check.utf8), status: 200,
                    answers: [#"{"challenge":"abc"}"#]),
                SenderCase(name: "no JSON", body: Array("x".utf8), status: 400),
            ]
        })

    private static let dingTalk = SealedSender(
        source: "ding", settings: { $0.callback("ding1") }, scheme: "dingtalk",
        make: { keys, id, now in
            try keys.callback(
                #"{"EventType":"t","id":"\#(id)"}"#, for: "ding1", signature: "signature",
                time: String(now.milliseconds)
            ) { #"{"encrypt":"\#($0)"}"# }
        },
        key: { #"sha256:\#(sha256Hex(Array(#"{"EventType":"t","id":"\#($0)"}"#.utf8)))"# },
        answers: [#"{"msg_signature":""#, #""timeStamp":""#]
    ).row { now in
        let time = String(now.milliseconds)
        func sealed(_ text: String, for receiver: String = "ding1") throws -> SenderCase {
            try SealedKeys.newer.callback(
                text, for: receiver, signature: "msg_signature", time: time
            ) { #"{"encrypt":"\#($0)"}"# }
        }
        var check = try sealed(#"{"EventType":"check_url"}"#)
        check.name = "a check"
        check.answers = [#"{"msg_signature":""#]
        var foreign = try sealed(#"{"EventType":"t"}"#, for: "ding2")
        (foreign.name, foreign.status) = ("for another receiver", 401)
        var broken = try sealed("[]")
        (broken.name, broken.status) = ("sealed, but no object", 400)
        return [check, foreign, broken]
    }

    private static let dingTalkRobot = SenderRow(
        source: "ding-robot",
        settings: ["scheme: dingtalk-robot", "window: 5m"] + HeaderProof.secrets,
        cases: {
            try HeaderProof(
                body: { #"{"msgId":"\#($0)","msgtype":"text","note":"a"}"# },
                prove: { secret, now, _, _ in
                    try DingTalkRobotScheme.headers(secret: secret, at: now)
                }, isSigned: false, isTimed: true, answers: ["{}"]
            ).cases($0)
        })

    private static let weCom = SealedSender(
        source: "wecom", settings: { $0.callback("ww1") }, scheme: "wecom",
        more: ["window: 5m"],
        make: { keys, id, now in
            try keys.callback(
                "<xml><MsgType>text</MsgType><MsgId>\(id)</MsgId></xml>", for: "ww1",
                signature: "msg_signature", time: String(now.wholeSeconds)
            ) { "<xml><Encrypt><![CDATA[\($0)]]></Encrypt></xml>" }
        }, answers: ["Content-Length: 0"], isTimed: true
    ).row { now in
        let time = String(now.wholeSeconds)
        func sealed(_ text: String, for receiver: String = "ww1") throws -> SenderCase {
            try SealedKeys.newer.callback(
                text, for: receiver, signature: "msg_signature", time: time
            ) { "<xml><Encrypt>\($0)</Encrypt></xml>" }
        }
        var check = try SealedKeys.newer.callback(
            "1616140317555161061", for: "ww1", signature: "msg_signature", time: time,
            asCheck: true
        ) { $0 }
        (check.name, check.answers) = ("a check", ["\r\n\r\n1616140317555161061"])
        var bare = check
        (bare.name, bare.status, bare.answers) = ("a check without its text", 401, [])
        bare.address = String(bare.address.prefix { $0 != "&" })
        var foreign = try sealed("<xml/>", for: "ww2")
        (foreign.name, foreign.status) = ("for another receiver", 401)
        var entity = try sealed("<!DOCTYPE a [<!ENTITY b \"c\">]><xml><A>&b;</A></xml>")
        (entity.name, entity.status) = ("sealed, with an entity of its own", 400)
        return [check, bare, foreign, entity]
    }

    private static let weComBot = SealedSender(
        source: "wecom-bot", settings: { $0.callback("") }, scheme: "wecom",
        make: { keys, id, now in
            try keys.callback(
                #"{"msgid":"\#(id)","msgtype":"text"}"#, for: "", signature: "msg_signature",
                time: String(now.wholeSeconds)
            ) { #"{"encrypt":"\#($0)"}"# }
        }, answers: ["Content-Length: 0"]
    ).row { _ in [] }

    private static let infoflow = SealedSender(
        source: "infoflow",
        settings: { ["token": $0.secret.exposed, "encoding_aes_key": $0.shortKey.exposed] },
        scheme: "infoflow", more: ["signature: required"],
        make: { keys, id, now in
            let message =
                #"{"eventtype":"MESSAGE_RECEIVE","message":{"header":{"messageid":"\#(id)"}}}"#
            let cipher = try InfoflowCipher(token: keys.secret, encodingAESKey: keys.shortKey)
            let time = String(now.milliseconds)
            let digest = cipher.digest(number: "835719", timestamp: time)
            return SenderCase(
                name: "",
                address: "?signature=\(Hexadecimal.encode(digest))&rn=835719&timestamp=\(time)",
                headers: [("Content-Type", "text/plain")],
                body: Array(try cipher.encrypt(Array(message.utf8)).utf8), status: 200)
        }
    ).row { now in
        let keys = SealedKeys.newer
        let cipher = try InfoflowCipher(token: keys.secret, encodingAESKey: keys.shortKey)
        let time = String(now.milliseconds)
        let digest = Hexadecimal.encode(cipher.digest(number: "1", timestamp: time))
        func check(_ name: String, _ text: String, _ status: Int) -> SenderCase {
            SenderCase(
                name: name, headers: [("Content-Type", "application/x-www-form-urlencoded")],
                body: Array(text.utf8), status: status,
                answers: status == 200 ? ["\r\n\r\necho-123"] : [])
        }
        let good = "echostr=echo-123&signature=\(digest)&rn=1&timestamp=\(time)"
        return [
            check("a check", good, 200),
            check("a check of another number", good.replacing("rn=1", with: "rn=2"), 401),
            check("a check without a signature", "echostr=echo-123", 401),
        ]
    }
}
