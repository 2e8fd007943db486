import Settings
import Testing

private let rule = "{name: r, match: {type: [bot.published]}, notify: [audit]}"
private let endpoint = """
    endpoints:
      audit:
        url: https://ops.example.com/hook
        secret: whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=

    """

/// Each is a mistake that people make, with all that they are told about it.
@Test(arguments: [
    (
        "unknown key", "server:\n  listn: 127.0.0.1:1\n",
        """
        copyhook.yaml:2: server.listn: there is no key of this name
            Did you mean "listen"? Known here are listen, public_url, trusted_proxies, admin_key.
        """
    ),
    (
        "unknown section", "server: {}\nendpoint: {}\n",
        """
        copyhook.yaml:2: endpoint: there is no key of this name
            Did you mean "endpoints"? Known here are server, store, secrets, lease, egress, \
        retention, sources, connections, endpoints, rules, rules_dir.
        """
    ),
    (
        "missing variable", "server:\n  admin_key: ${ADMIN}\n",
        """
        copyhook.yaml:2: server.admin_key: the variable ADMIN is not set
            Set ADMIN in the environment, or write $${ where “${” is meant.
        """
    ),
    (
        "missing file", "secrets:\n  master_key: ${file:keys/master}\n",
        """
        copyhook.yaml:2: secrets.master_key: the file keys/master cannot be used: there is no \
        such file
            Paths count from the directory of the configuration; the service must be allowed to \
        read the file.
        """
    ),
    (
        "bad CIDR", "egress:\n  allow:\n    - 127.0.0.0/8\n    - 10.0.0.1/8\n",
        """
        copyhook.yaml:4: egress.allow[1]: 10.0.0.1 has bits set behind the first 8
            Write 10.0.0.0/8 for the whole block, or 10.0.0.1 for this address.
        """
    ),
    (
        "pattern error",
        endpoint
            + "rules:\n  - name: r\n    match:\n      type:\n        - prefx: bot.\n"
            + "    notify: [audit]\n",
        """
        copyhook.yaml:9: rules[0].match.type[0].prefx: there is no operator of this name
            Did you mean "prefix"? Accepted are prefix, suffix, anything-but, exists, numeric, \
        equals-ignore-case, wildcard, cidr, exactly. Write instead: "type": [{"prefix": "bot."}]
        """
    ),
    (
        "endpoint without URL", "endpoints:\n  ops:\n    channel: feishu\n",
        """
        copyhook.yaml:2: endpoints.ops.url: this key is missing
            Add url: https://open.feishu.cn/open-apis/bot/v2/hook/TOKEN.
        """
    ),
    (
        "plain http", "endpoints:\n  ops:\n    channel: feishu\n    url: http://ops.test/secret\n",
        """
        copyhook.yaml:4: endpoints.ops.url: plain http is refused
            Use https.
        """
    ),
    (
        "doubled rule name", endpoint + "rules:\n  - \(rule)\n  - \(rule)\n",
        """
        copyhook.yaml:7: rules[1].name: the name “r” is taken by the rule at copyhook.yaml:6
            Give one of them another name.
        """
    ),
    (
        "doubled key",
        "connections:\n  one:\n    provider: coze\n    timeout: 1s\n    provider: keyue\n",
        """
        copyhook.yaml:5: connections.one.provider: this key stands here twice, first in line 3
            Keep one of them; the other would be lost.
        """
    ),
    (
        "doubled key in a list",
        "rules:\n  - name: a\n    match: {}\n  - name: b\n    match: {}\n    match: {}\n",
        """
        copyhook.yaml:6: rules[1].match: this key stands here twice, first in line 5
            Keep one of them; the other would be lost.
        """
    ),
    (
        "bad duration", "lease: 90 seconds\n",
        """
        copyhook.yaml:1: lease: “90 seconds” is not accepted
            Write a whole number and a unit (ms, s, m, h, d), from 1s to 1h.
        """
    ),
    (
        "unknown connection",
        endpoint + "rules:\n  - name: r\n    match: {type: [a]}\n    copy:\n"
            + "      - connection: coze-prod\n",
        """
        copyhook.yaml:9: rules[0].copy[0].connection: there is no connection "coze-prod"
            The configuration has no connections; add one under "connections".
        """
    ),
    (
        "unknown endpoint",
        endpoint + "rules:\n  - {name: r, match: {type: [a]}, notify: [audti]}\n",
        """
        copyhook.yaml:6: rules[0].notify[0]: there is no endpoint "audti"
            Did you mean "audit"? Known endpoints: audit.
        """
    ),
    (
        "short lease", "lease: 29s\n" + endpoint,
        """
        copyhook.yaml:1: lease: the lease of 29s is shorter than twice the timeout of \
        endpoints.audit
            Write at least 30s, or shorten endpoints.audit.timeout below 14500ms.
        """
    ),
    (
        "no YAML", "server:\n  listen: [127.0.0.1:80\nlease: 60s\n",
        """
        copyhook.yaml:3: this is not YAML: did not find expected ',' or ']'
            Look at this line and the one before: indentation, a missing colon, an open quote or \
        bracket, or a text that needs quotes.
        """
    ),
    (
        "tab", "server:\n\tlisten: 127.0.0.1:80\n",
        """
        copyhook.yaml:2: a tab stands in the indentation
            Indent with blanks; YAML takes no tabs.
        """
    ),
    (
        "wrong provider", "connections:\n  one:\n    provider: kouzi\n",
        """
        copyhook.yaml:3: connections.one.provider: “kouzi” is not known
            Known ones are coze, keyue.
        """
    ),
    (
        "wrong scheme", "sources:\n  hub:\n    scheme: dingding\n",
        """
        copyhook.yaml:3: sources.hub.scheme: “dingding” is not known
            Known ones are coze, standard-webhooks, svix, github, gitlab, stripe, slack, feishu, \
        dingtalk, dingtalk-robot, wecom, infoflow, telegram, keyue, cloudevents, hmac, basic, \
        bearer, header, path.
        """
    ),
    (
        "store of later", "store:\n  url: postgres://user:hunter2@host/db\n",
        """
        copyhook.yaml:2: store.url: the value is not accepted
            Write sqlite:PATH, as in sqlite:copyhook.db. A store on PostgreSQL comes later.
        """
    ),
    (
        "empty secret", "connections:\n  one:\n    provider: coze\n    auth: {token: \"\"}\n",
        """
        copyhook.yaml:4: connections.one.auth.token: the secret is empty
            An empty token is not a token: write the real one.
        """
    ),
    (
        "control character",
        "connections:\n  one:\n    provider: keyue\n"
            + "    auth: {token: t, uid: \"a\\r\\nb\", username: u}\n",
        """
        copyhook.yaml:4: connections.one.auth.uid: the secret has a control character
            Take line feeds and other control characters out.
        """
    ),
    (
        "header of the transport",
        endpoint + "    headers:\n      Content-Length: \"5\"\n",
        """
        copyhook.yaml:6: endpoints.audit.headers.Content-Length: this header belongs to the \
        transport or to the signature
            Take it out; Copyhook sets it itself where it is needed.
        """
    ),
    (
        "no key", "sources:\n  own:\n    scheme: standard-webhooks\n    secret: whsec_AAAA\n",
        """
        copyhook.yaml:4: sources.own.secret: the secret cannot be used: a whsec_ secret has 24 to \
        64 bytes, not 3
            Write whsec_ and the base 64 of 24 to 64 bytes of chance, as in whsec_$(openssl rand \
        -base64 32).
        """
    ),
    (
        "no private key",
        "connections:\n  one:\n    provider: coze\n    auth:\n      jwt:\n        app_id: 1\n"
            + "        key_id: k\n        private_key: hunter2\n",
        """
        copyhook.yaml:8: connections.one.auth.jwt.private_key: the private key cannot be used: \
        expected one PEM block, -----BEGIN PRIVATE KEY----- and so on
            Use the file that Coze offered when the key pair was made.
        """
    ),
    (
        "float for a text", "server:\n  public_url: 1.5\n",
        """
        copyhook.yaml:2: server.public_url: a text is wanted, and YAML may read this as something \
        else
            Put it in quotes.
        """
    ),
    (
        "alias", "server: &all\n  listen: 127.0.0.1:80\nstore: *all\n",
        """
        copyhook.yaml:1: server: anchors and aliases (& and *) are not used here
            Write the value out.
        """
    ),
    (
        "tag", "lease: !!str 60s\nserver: !mine {}\n",
        """
        copyhook.yaml:2: server: tags (!) are not used here
            Leave the tag out.
        """
    ),
    (
        "slow rate",
        "connections:\n  c:\n    provider: coze\n    auth: {token: pat_1}\n"
            + "    limits: {rate: 1/h}\n",
        """
        copyhook.yaml:5: connections.c.limits.rate: no copy could be made at 1/h
            Write at least 6/m: before a copy is submitted its target is listed, all within one \
        lease.
        """
    ),
    (
        "unclear word", endpoint + "rules:\n  - name: r\n    match: {type: [yes]}\n",
        """
        copyhook.yaml:7: rules[0].match.type[0]: “yes” is one thing to some readers of YAML and \
        another to others
            Put it in quotes if it is a text; otherwise write true, false or a decimal number.
        """
    ),
])
func aBrokenConfigurationIsRefusedWithPlaceAndRemedy(
    _ name: String, yaml: String, expected: String
) {
    #expect(Memory(yaml: yaml).refusal == expected, "\(name)")
}

@Test func aMissingFileIsNamed() {
    #expect(throws: ConfigurationRefusal.self) {
        try Configuration.load(
            path: "elsewhere.yaml", environment: [:], files: Memory(yaml: "").access)
    }
}

@Test func allProblemsAreToldAtOnceUpToTwenty() {
    let two = Memory(
        yaml: "lease: x\nserver: {listn: 1, listen: y}\n",
        environment: ["COPYHOOK_LESE": "60s"]
    ).refusal
    #expect(
        two.split(separator: "\n").filter { !$0.hasPrefix(" ") }.map { $0.prefix(22) } == [
            "copyhook.yaml:1: lease", "copyhook.yaml:2: serve", "copyhook.yaml:2: serve",
            "COPYHOOK_LESE: no sett",
        ])
    let keys = (1...25).map { "key\($0): 1\n" }.joined()
    #expect(Memory(yaml: keys).refusal.hasSuffix("… and 5 more; mend these first."))
}

@Test func aFileBeyondItsLimitsIsRefused() {
    let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
    #expect(Memory(yaml: "rules: \(deep)").refusal.contains("nested deeper than 80"))
    let deepest = String(repeating: "[", count: 100_000)
    #expect(Memory(yaml: "rules: \(deepest)").refusal.contains("nested too deeply"))
    let long = "# " + String(repeating: "x", count: 1 << 20)
    #expect(Memory(yaml: long).refusal.contains("larger than 1 MiB"))
}
