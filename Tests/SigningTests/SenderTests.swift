import Domain
import Signing
import StrictJSON
import Testing

private func refusal(_ verdict: Verdict) -> VerificationRefusal? {
    guard case .refused(let refusal) = verdict else { return nil }
    return refusal
}

@Test(arguments: Sender.all)
func anEventIsReadAsItsPlatformMeansIt(sender: Sender) throws {
    let request = try sender.request()
    #expect(try sender.scheme().verify(request, at: Sender.sent) == .event(sender.event))
}

@Test(arguments: Sender.all)
func anyConfiguredSecretIsGoodAndNoOther(sender: Sender) throws {
    let scheme = try sender.scheme()
    let older = scheme.verify(try sender.request(Sender.older), at: Sender.sent)
    #expect(older == .event(sender.event))
    let other = refusal(scheme.verify(try sender.request(Sender.stranger), at: Sender.sent))
    #expect(other?.status == 401)
    #expect(other?.reason == (sender.isSigned ? .badSignature : .wrongCredentials))
}

@Test(arguments: Sender.all.filter(\.isSigned))
func noByteOfASignedBodyCanChange(sender: Sender) throws {
    let scheme = try sender.scheme()
    let good = try sender.request()
    for place in good.body.indices {
        var request = good
        request.body[place] ^= 1
        #expect(refusal(scheme.verify(request, at: Sender.sent))?.reason == .badSignature)
    }
    for body in [good.body + [0x20], Array(good.body.dropLast()), []] {
        var request = good
        request.body = body
        #expect(refusal(scheme.verify(request, at: Sender.sent))?.reason == .badSignature)
    }
}

@Test(arguments: Sender.all)
func everyHeaderOfAProofIsThereExactlyOnce(sender: Sender) throws {
    let scheme = try sender.scheme()
    let good = try sender.request()
    for (name, value) in try sender.prove(Sender.secret, Sender.sent, sender.body) {
        var without = good
        without.headers.remove(name)
        let missing = refusal(scheme.verify(without, at: Sender.sent))
        #expect(missing?.status == 401, "\(name)")
        #expect([.missingHeader, .missingCredentials].contains(missing?.reason), "\(name)")
        var empty = without
        empty.headers.append(name, "")
        #expect(refusal(scheme.verify(empty, at: Sender.sent))?.status == 401, "\(name)")
        for second in [value, "x"] {
            var twice = good
            twice.headers.append(name.uppercased(), second)
            let doubled = refusal(scheme.verify(twice, at: Sender.sent))
            #expect(doubled?.reason == .malformedHeader, "\(name)")
            // RFC 6750 section 3.1, and the vectors: 400 for `Authorization` alone.
            #expect(doubled?.status == (name == "Authorization" ? 400 : 401), "\(name)")
        }
    }
}

@Test(arguments: Sender.all)
func aSignedTimeIsGoodForFiveMinutesOnBothSides(sender: Sender) throws {
    let scheme = try sender.scheme()
    let request = try sender.request()
    for (age, reason) in [
        (-301, VerificationRefusal.Reason?.some(.timestampTooNew)), (-300, nil), (300, nil),
        (301, .timestampTooOld),
    ] {
        let verdict = scheme.verify(request, at: Sender.sent + .seconds(age))
        #expect(refusal(verdict)?.reason == (sender.isTimed ? reason : nil), "\(age)")
    }
}

@Test func anotherMethodIsNotTheSenders() throws {
    for sender in Sender.all {
        for method in ["GET", "PUT", "OPTIONS"] {
            var request = try sender.request()
            request.method = method
            let verdict = try sender.scheme().verify(request, at: Sender.sent)
            guard method == "OPTIONS", sender.description.contains("CloudEvent") else {
                #expect(refusal(verdict)?.status == 405, "\(sender) \(method)")
                continue
            }
            guard case .handshake(let answer) = verdict else {
                Issue.record("\(sender): \(verdict)")
                continue
            }
            #expect(answer.headers == [AnswerHeader("Allow", "POST")])
        }
    }
}

/// Weaker proofs beside the one that is wanted, which must not help; and a proof of a sister.
@Test func aWeakerProofIsNoProof() throws {
    var sha1 = HMACProof.Form.gitHub
    sha1.algorithm = .sha1
    sha1.header = "X-Hub-Signature"
    sha1.prefix = "sha1="
    var request = try Sender.gitHub.request(Sender.stranger)
    request.headers.remove("X-Hub-Signature-256")
    for (name, value) in try sha1.headers(
        secret: Sender.secret, at: Sender.sent, body: request.body)
    {
        request.headers.append(name, value)
    }
    #expect(
        refusal(try Sender.gitHub.scheme().verify(request, at: Sender.sent))?.reason
            == .missingHeader)
    // A plain token where a signing token is configured, and the other way round.
    let token = try Sender.gitLabToken.request()
    #expect(
        refusal(try Sender.gitLabSigned.scheme().verify(token, at: Sender.sent))?.reason
            == .missingHeader)
    let signed = try Sender.gitLabSigned.request()
    #expect(
        refusal(try Sender.gitLabToken.scheme().verify(signed, at: Sender.sent))?.reason
            == .missingCredentials)
}

@Test func stripesHeaderIsReadItemByItem() throws {
    let scheme = try Sender.stripe.scheme()
    let body = Sender.stripe.body
    let proof = try StripeProof.headers(secrets: [Sender.secret], at: Sender.sent, body: body)
    let good = try #require(proof.first?.value)
    let items = good.split(separator: ",")
    let both = try #require(
        try StripeProof.headers(
            secrets: [Sender.stranger, Sender.older], at: Sender.sent, body: body
        ).first?.value)
    let zeros = String(repeating: "0", count: 64)
    let cases: [(header: String, reason: VerificationRefusal.Reason?, status: Int)] = [
        (good, nil, 200), (both, nil, 200), ("\(items[1]),\(items[0])", nil, 200),
        (good + ",v0=\(zeros),v9=x,,nonsense", nil, 200),
        (good.uppercased(), .malformedHeader, 400),
        ("v1=zz,\(good)", nil, 200), (String(items[0]), .missingHeader, 401),
        ("\(items[0]),v0=\(items[1].dropFirst(3))", .missingHeader, 401),
        (String(items[1]), .malformedHeader, 400), ("t=,\(items[1])", .malformedHeader, 400),
        ("t=1773822615.0,\(items[1])", .malformedHeader, 400),
        ("t=1,\(good)", .malformedHeader, 400),
        ("t=1773822616,\(items[1])", .badSignature, 401),
        (good + String(repeating: ",v1=\(zeros)", count: 30), nil, 200),
        (good + String(repeating: ",v1=\(zeros)", count: 31), .malformedHeader, 401),
    ]
    for (header, reason, status) in cases {
        let request = IncomingRequest(headers: ["Stripe-Signature": header], body: body)
        let refused = refusal(scheme.verify(request, at: Sender.sent))
        #expect(refused?.reason == reason, "\(header.prefix(40))")
        #expect((refused?.status ?? 200) == status, "\(header.prefix(40))")
    }
}

@Test(arguments: [
    ("Basic aG9vazpwOmE6c3M=", nil as VerificationRefusal.Reason?, 200),
    ("basic aG9vazpwOmE6c3M", nil, 200), ("BASIC  aG9vazpwOmE6c3M=", nil, 200),
    ("Basic aG9vazpw", .wrongCredentials, 401), ("Basic SG9vazpwOmE6c3M=", .wrongCredentials, 401),
    ("Basic OnA6YTpzcw==", .wrongCredentials, 401), ("Basic aG9vaw==", .malformedHeader, 400),
    ("Basic !", .malformedHeader, 400), ("Basic /w==", .malformedHeader, 400),
    ("Basic", .missingCredentials, 401), ("Bearer aG9vazpwOmE6c3M=", .missingCredentials, 401),
    ("aG9vazpwOmE6c3M=", .missingCredentials, 401),
])
func basicCredentialsAreSplitAtTheFirstColon(
    header: String, reason: VerificationRefusal.Reason?, status: Int
) throws {
    let proof = try BasicProof(users: [.init(name: "hook", password: Secret("p:a:ss"))])
    let scheme = ProvedScheme(proof, PlainReading())
    let request = IncomingRequest(headers: ["Authorization": header], body: [])
    let refused = refusal(scheme.verify(request, at: Sender.sent))
    #expect(refused?.reason == reason)
    #expect((refused?.status ?? 200) == status)
    #expect((refused?.headers.isEmpty ?? true) == (status != 401))
}

@Test func aTokenInTheAddressCountsOnlyWhereItMay() throws {
    let token = Sender.secret.exposed
    let header: HeaderFields = ["Authorization": "Bearer \(token)"]
    let query = [(name: "access_token", value: token)]
    let cases: [(Bool, HeaderFields, [(name: String, value: String)], Int)] = [
        (false, header, query, 200), (false, [:], query, 401), (true, [:], query, 200),
        (true, header, [], 200), (true, header, query, 400), (true, [:], query + query, 400),
        (true, [:], [(name: "Access_Token", value: token)], 401),
        (true, [:], [(name: "access_token", value: "")], 401), (true, [:], [], 401),
    ]
    for (index, (readsQuery, headers, query, status)) in cases.enumerated() {
        let scheme = ProvedScheme(
            try BearerProof(tokens: [Sender.secret], readsQuery: readsQuery), PlainReading())
        let request = IncomingRequest(headers: headers, query: query, body: [])
        switch scheme.verify(request, at: Sender.sent) {
        case .event(let event):
            #expect(status == 200, "\(index)")
            let isPrivate = event.answer.headers == [AnswerHeader("Cache-Control", "private")]
            #expect(isPrivate == (readsQuery && !query.isEmpty), "\(index)")
        case let verdict: #expect(refusal(verdict)?.status == status, "\(index)")
        }
    }
}

@Test func aSecretPathIsOpenToWhoKnowsIt() {
    let path = PathSecrets([Secret("u4Qm2"), Secret("old")])
    for (given, isOpen) in [("u4Qm2", true), ("old", true), ("u4Qm3", false), ("", false)] {
        #expect(path.open(to: given) == isOpen)
    }
    #expect(!path.open(to: nil))
    #expect(PathSecrets().open(to: nil))
    #expect(!PathSecrets().open(to: ""))
    #expect(!PathSecrets([Secret("")]).open(to: ""))
}

@Test func whatWouldProveNothingIsNoScheme() {
    let empty = Secret("")
    let time = HMACProof.Form(header: "X", timestampHeader: "T", signed: .body)
    let unread = HMACProof.Form(header: "X", signed: .timestampAndBody)
    let refused: [() throws -> Any] = [
        { try ProvedScheme.gitHub(secrets: []) }, { try ProvedScheme.gitHub(secrets: [empty]) },
        { try ProvedScheme.gitHub(secrets: [Secret("hex:zz")]) },
        { try ProvedScheme.gitLab(tokens: []) }, { try ProvedScheme.gitLab(signingTokens: []) },
        { try ProvedScheme.stripe(secrets: [Sender.secret, empty]) },
        { try ProvedScheme.telegram(tokens: [Secret("a b")]) },
        { try ProvedScheme.telegram(tokens: []) }, { try BearerProof(tokens: [empty]) },
        { try TokenProof(header: "X", tokens: [Sender.secret, empty]) },
        { try BasicProof(users: []) },
        { try BasicProof(users: [.init(name: "a", password: empty)]) },
        { try BasicProof(users: [.init(name: "a:b", password: Sender.secret)]) },
        { try HMACProof(secrets: [Sender.secret], form: time) },
        { try HMACProof(secrets: [Sender.secret], form: unread) },
    ]
    for (index, make) in refused.enumerated() {
        #expect(throws: SigningError.self, "\(index)") { try make() }
    }
}

@Test(arguments: [
    ("{body}", true), ("{timestamp}.{body}", true), ("v0:{timestamp}:{body}", true),
    ("{body}{timestamp}", true), ("{timestamp}", false), ("", false), ("{body}{body}", false),
    ("{timestamp}{timestamp}{body}", false), ("{body", false), ("{body}}", false),
    ("{{body}}", false), ("{id}.{body}", false), ("{Body}", false),
])
func aTemplateNamesTheBodyOnce(text: String, isTemplate: Bool) {
    #expect((SignedTemplate(text) != nil) == isTemplate)
    #expect(SignedTemplate(text)?.text ?? text == text)
}
