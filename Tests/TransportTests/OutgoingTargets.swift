import Transport

/// Something that must not be called, and what it is.
struct OutgoingTarget: Sendable, CustomStringConvertible {
    /// A whole URL in which `{p}` stands for the port of the canaries.
    let url: String
    /// Where it leads, for the ways that need an address: by name and by reused connection.
    var address: String?
    /// What the policy says before anything is resolved.
    var code = EgressRefusal.Code.address

    var description: String { url.debugDescription }

    func url(port: Int) -> String {
        // By bytes: "\r\n" and combining characters must stay what they are.
        url.split(separator: "{p}", omittingEmptySubsequences: false)
            .joined(separator: String(port))
    }

    /// Every row: spellings of loopback, tricks with whole URLs, cloud metadata, forms that carry a
    /// v4 address, and both ends of every special-purpose block.
    static let all: [OutgoingTarget] =
        loopbackV4.map { OutgoingTarget(url: "http://\($0):{p}/x", address: "127.0.0.1") }
        + elsewhere.map { OutgoingTarget(url: "http://\($0.host):{p}/x", address: $0.address) }
        + v6.map { OutgoingTarget(url: "http://[\($0)]:{p}/x", address: $0) }
        + tricks.map { OutgoingTarget(url: $0.url, code: $0.code) }
        + SpecialBlock.all.flatMap { [$0.first, $0.last] }.map {
            OutgoingTarget(
                url: $0.contains(":") ? "https://[\($0)]:{p}/x" : "https://\($0):{p}/x",
                address: $0)
        }

    private static let loopbackV4 = [
        "127.0.0.1", "127.0.0.1.", "127.1", "127.1.", "127.0.1", "127.0.0.01", "127.00.00.01",
        "0177.0.0.1", "0177.0.0.01", "0177.1", "00177.0.0.1", "017700000001", "0x7f.0.0.1",
        "0x7F.0x0.0x0.0x1", "0x7f.1", "0X7f.1", "0x7f.0.1", "0x7f000001", "0x7F000001",
        "0x7f000001.", "0x000000007f000001", "2130706433", "2130706433.",
        "127.0x0.00.1", "127.0.0x1", "localhost", "LOCALHOST", "LocalHost",
        "localhost.", "any.localhost", "a.b.localhost.",
    ]

    private static let elsewhere: [(host: String, address: String)] = [
        ("0", "0.0.0.0"), ("0.0", "0.0.0.0"), ("0x0", "0.0.0.0"), ("00", "0.0.0.0"),
        ("0.0.0.0", "0.0.0.0"), ("127.255.255.254", "127.255.255.254"),
        ("127.65535", "127.0.255.255"), ("0x7fffffff", "127.255.255.255"),
        ("169.254.169.254", "169.254.169.254"), ("2852039166", "169.254.169.254"),
        ("0xA9FEA9FE", "169.254.169.254"), ("0251.0376.0251.0376", "169.254.169.254"),
        ("0xa9.0xfe.0xa9.0xfe", "169.254.169.254"), ("169.254.43518", "169.254.169.254"),
        ("169.16689662", "169.254.169.254"), ("025177524776", "169.254.169.254"),
        ("169.254.170.2", "169.254.170.2"), ("169.254.0.23", "169.254.0.23"),
        ("168.63.129.16", "168.63.129.16"), ("2822734096", "168.63.129.16"),
        ("0xa83f8110", "168.63.129.16"), ("100.100.100.200", "100.100.100.200"),
        ("1684301000", "100.100.100.200"), ("0x64.0x64.0x64.0xc8", "100.100.100.200"),
        ("192.0.0.192", "192.0.0.192"), ("10.1", "10.0.0.1"), ("0xa000001", "10.0.0.1"),
        ("012.1", "10.0.0.1"), ("3232235777", "192.168.1.1"), ("192.168.257", "192.168.1.1"),
        ("0300.0250.1.1", "192.168.1.1"), ("172.1048577", "172.16.0.1"),
        ("4294967295", "255.255.255.255"), ("0xffffffff", "255.255.255.255"),
        ("037777777777", "255.255.255.255"),
    ]

    private static let v6 = [
        "::1", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::0001", "0::1",
        "::0.0.0.1", "::", "0::0", "::127.0.0.1", "::7f00:1", "::ffff:127.0.0.1", "::FFFF:7f00:1",
        "0:0:0:0:0:ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe",
        "::ffff:0:127.0.0.1", "::ffff:0:7f00:1", "64:ff9b::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b::8.8.8.8", "64:ff9b:1::127.0.0.1", "64:ff9b:1:fffe::1",
        "2002:7f00:1::", "2002:7f00:1::1", "2002:a9fe:a9fe::1", "2002:a00:1::1",
        "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe", "fe80::5efe:7f00:1",
        "2606:4700::5efe:127.0.0.1", "2606:4700::200:5efe:10.0.0.1", "2606:4700::5efe:8.8.8.8",
        "fe80::1", "fe80::a9fe:a9fe", "fd00:ec2::254", "FD00:EC2::254", "fd00:ec2::23",
        "fd20:ce::254", "fec0::1", "fd00::1", "fc00::1", "ff02::1", "ff05::1:3",
    ]

    private static let tricks: [(url: String, code: EgressRefusal.Code)] = [
        ("http://good.example@127.0.0.1:{p}/", .credentials),
        ("http://good.example:80@127.0.0.1:{p}/", .credentials),
        ("http://good.example%20@127.0.0.1:{p}/", .credentials),
        ("http://127.0.0.1:{p}@good.example/", .credentials),
        ("http://a@b@127.0.0.1:{p}/", .credentials),
        ("http://@127.0.0.1:{p}/", .credentials),
        ("http://:@127.0.0.1:{p}/", .credentials),
        ("http://good.example&@127.0.0.1:{p}/", .credentials),
        ("http://127.0.0.1:{p}\\@good.example/", .malformedURL),
        ("http://good.example\\@127.0.0.1:{p}/", .malformedURL),
        ("http:\\\\127.0.0.1:{p}\\", .malformedURL),
        ("http://good.example\t@127.0.0.1:{p}/", .malformedURL),
        ("http://127.0.0.1\t:{p}/", .malformedURL),
        ("ht\ntp://127.0.0.1:{p}/", .malformedURL),
        ("http://127.0.0.1:{p}/\r\nHost: good.example\r\n\r\n", .malformedURL),
        ("http://127.0.0.1\r\n:{p}/", .malformedURL),
        ("http://good.example\u{0}.127.0.0.1:{p}/", .malformedURL),
        (" http://127.0.0.1:{p}/", .malformedURL),
        ("http:// 127.0.0.1:{p}/", .malformedURL),
        ("http://127.0.0.1 :{p}/", .malformedURL),
        ("http://127.0.0.1:{p}#@good.example/", .address),
        ("http://127.0.0.1:{p}?@good.example/", .address),
        ("http://127.0.0.1:{p}/@good.example", .address),
        ("HTTP://127.0.0.1:{p}/", .address),
        ("hTtPs://127.0.0.1:{p}/", .address),
        ("http://127.0.0.1:0{p}/", .malformedURL),
        ("http://127.0.0.1:+{p}/", .malformedURL),
        ("http://127.0.0.1:{p}:{p}/", .malformedURL),
        ("http://127.0.0.1:/", .malformedURL),
        ("http://127%2e0%2e0%2e1:{p}/", .malformedURL),
        ("http://%31%32%37.0.0.1:{p}/", .malformedURL),
        ("http://127.0.0.1%00:{p}/", .malformedURL),
        ("http://local%68ost:{p}/", .malformedURL),
        ("http://１２７.0.0.1:{p}/", .malformedURL),
        ("http://127。0。0。1:{p}/", .malformedURL),
        ("http://127．0．0．1:{p}/", .malformedURL),
        ("http://①②⑦.⓪.⓪.①:{p}/", .malformedURL),
        ("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{p}/", .malformedURL),
        ("http://ｌｏｃａｌｈｏｓｔ:{p}/", .malformedURL),
        ("http://locаlhost:{p}/", .malformedURL),
        ("http://127.0.0.1\u{200B}:{p}/", .malformedURL),
        ("http://127.0.0.1\u{AD}:{p}/", .malformedURL),
        ("http://[::1%25lo]:{p}/", .malformedURL),
        ("http://[::1%lo]:{p}/", .malformedURL),
        ("http://[fe80::1%25eth0]:{p}/", .malformedURL),
        ("http://[fe80::1%251]:{p}/", .malformedURL),
        ("http://[127.0.0.1]:{p}/", .malformedURL),
        ("http://[localhost]:{p}/", .malformedURL),
        ("http://[::1]good.example:{p}/", .malformedURL),
        ("http://[::1:{p}/", .malformedURL),
        ("http://::1:{p}/", .malformedURL),
        ("http://[[::1]]:{p}/", .malformedURL),
        ("http://[v1.::1]:{p}/", .malformedURL),
        ("http://[::ffff:0177.0.0.1]:{p}/", .malformedURL),
        ("http://127.0.0.1,good.example:{p}/", .malformedURL),
        ("http://127.0.0.1.:{p}./", .malformedURL),
        ("http://127.0.0.1..:{p}/", .malformedURL),
        ("http://127.0.0.256:{p}/", .malformedURL),
        ("http://08.8.8.8:{p}/", .malformedURL),
        ("http://1.2.3.4.5:{p}/", .malformedURL),
        ("http://4294967296:{p}/", .malformedURL),
        ("http://0x100000000:{p}/", .malformedURL),
        ("http://good.example.127:{p}/", .malformedURL),
        ("http:127.0.0.1:{p}/", .scheme), ("http:/127.0.0.1:{p}/", .scheme),
        ("http:///127.0.0.1:{p}/", .malformedURL), ("//127.0.0.1:{p}/", .scheme),
        ("127.0.0.1:{p}/", .scheme), ("", .scheme), ("url:http://127.0.0.1:{p}/", .scheme),
        ("ftp://127.0.0.1:{p}/", .scheme), ("ftps://127.0.0.1:{p}/", .scheme),
        ("file:///etc/passwd", .scheme), ("file://127.0.0.1/etc/passwd", .scheme),
        ("gopher://127.0.0.1:{p}/_GET%20/", .scheme), ("dict://127.0.0.1:{p}/stat", .scheme),
        ("ldap://127.0.0.1:{p}/", .scheme), ("tftp://127.0.0.1:{p}/x", .scheme),
        ("telnet://127.0.0.1:{p}/", .scheme), ("smtp://127.0.0.1:{p}/", .scheme),
        ("imap://127.0.0.1:{p}/", .scheme), ("rtsp://127.0.0.1:{p}/", .scheme),
        ("smb://127.0.0.1/share/x", .scheme), ("scp://127.0.0.1:{p}/x", .scheme),
        ("mqtt://127.0.0.1:{p}/x", .scheme), ("ws://127.0.0.1:{p}/", .scheme),
        ("data:text/plain,x", .scheme), ("javascript:alert(1)", .scheme),
        ("unix:///var/run/docker.sock", .scheme), ("http+unix://%2Fvar%2Frun%2Fx/", .scheme),
        ("http://unix:/var/run/docker.sock:/v1/x", .malformedURL),
        ("http://%2Fvar%2Frun%2Fdocker.sock/v1/x", .malformedURL),
    ]
}

/// A block of the IANA Special-Purpose Address Registries, or one refused for what it carries.
struct SpecialBlock: Sendable {
    let first: String
    let last: String
    /// The public neighbours, where they are no part of another block.
    var below: String?
    var above: String?

    private static let f = ":ffff:ffff:ffff:ffff:ffff:ffff"

    static let all: [SpecialBlock] = [
        SpecialBlock(first: "0.0.0.0", last: "0.255.255.255", above: "1.0.0.0"),
        SpecialBlock("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
        SpecialBlock("100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
        SpecialBlock("127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"),
        SpecialBlock("168.63.129.16", "168.63.129.16", "168.63.129.15", "168.63.129.17"),
        SpecialBlock("169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
        SpecialBlock("172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
        SpecialBlock("192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"),
        SpecialBlock(first: "192.0.0.7", last: "192.0.0.8"),
        SpecialBlock(first: "192.0.0.9", last: "192.0.0.10"),
        SpecialBlock(first: "192.0.0.170", last: "192.0.0.171"),
        SpecialBlock("192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
        SpecialBlock("192.31.196.0", "192.31.196.255", "192.31.195.255", "192.31.197.0"),
        SpecialBlock("192.52.193.0", "192.52.193.255", "192.52.192.255", "192.52.194.0"),
        SpecialBlock("192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"),
        SpecialBlock("192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
        SpecialBlock("192.175.48.0", "192.175.48.255", "192.175.47.255", "192.175.49.0"),
        SpecialBlock("198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
        SpecialBlock("198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"),
        SpecialBlock("203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"),
        SpecialBlock(first: "224.0.0.0", last: "239.255.255.255", below: "223.255.255.255"),
        SpecialBlock(first: "240.0.0.0", last: "255.255.255.255"),
        SpecialBlock(first: "::", last: "::ffff:ffff"),
        SpecialBlock(first: "::ffff:0:0", last: "::ffff:ffff:ffff"),
        SpecialBlock(first: "::ffff:0:0:0", last: "::ffff:0:ffff:ffff"),
        SpecialBlock(first: "64:ff9b::", last: "64:ff9b::ffff:ffff"),
        SpecialBlock(first: "64:ff9b:1::", last: "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
        SpecialBlock(first: "100::", last: "100::ffff:ffff:ffff:ffff"),
        SpecialBlock(first: "100:0:0:1::", last: "100:0:0:1:ffff:ffff:ffff:ffff"),
        SpecialBlock("2001::", "2001:1ff" + f, "2000:ffff" + f, "2001:200::"),
        SpecialBlock(first: "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", last: "2001:1::"),
        SpecialBlock(first: "2001:1::1", last: "2001:1::3"),
        SpecialBlock(first: "2001:2::", last: "2001:2:0:ffff:ffff:ffff:ffff:ffff"),
        SpecialBlock(first: "2001:3::", last: "2001:3" + f),
        SpecialBlock(first: "2001:4:112::", last: "2001:4:112:ffff:ffff:ffff:ffff:ffff"),
        SpecialBlock(first: "2001:10::", last: "2001:1f" + f),
        SpecialBlock(first: "2001:20::", last: "2001:2f" + f),
        SpecialBlock(first: "2001:30::", last: "2001:3f" + f),
        SpecialBlock("2001:db8::", "2001:db8" + f, "2001:db7" + f, "2001:db9::"),
        SpecialBlock("2002::", "2002:ffff" + f, "2001:ffff" + f, "2003::"),
        SpecialBlock(
            "2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff",
            "2620:4f:7fff:ffff:ffff:ffff:ffff:ffff", "2620:4f:8001::"),
        SpecialBlock("3fff::", "3fff:fff" + f, "3ffe:ffff" + f, "3fff:1000::"),
        SpecialBlock(first: "4000::", last: "5eff:ffff" + f, below: "3fff:ffff" + f),
        SpecialBlock(first: "5f00::", last: "5f00:ffff" + f),
        SpecialBlock(first: "5f01::", last: "fbff:ffff" + f),
        SpecialBlock(first: "200::", last: "1fff:ffff" + f, above: "2000::"),
        SpecialBlock(first: "fc00::", last: "fdff:ffff" + f),
        SpecialBlock(first: "fe00::", last: "fe7f:ffff" + f),
        SpecialBlock(first: "fe80::", last: "febf:ffff" + f),
        SpecialBlock(first: "fec0::", last: "feff:ffff" + f),
        SpecialBlock(first: "ff00::", last: "ffff:ffff" + f),
        SpecialBlock(
            "2606:4700::5efe:0:0", "2606:4700::5efe:ffff:ffff", "2606:4700::5efd:ffff:ffff",
            "2606:4700::5eff:0:0"),
        SpecialBlock(
            "2606:4700::200:5efe:0:0", "2606:4700::200:5efe:ffff:ffff",
            "2606:4700::200:5efd:ffff:ffff", "2606:4700::200:5eff:0:0"),
    ]

    init(first: String, last: String, below: String? = nil, above: String? = nil) {
        (self.first, self.last, self.below, self.above) = (first, last, below, above)
    }

    private init(_ first: String, _ last: String, _ below: String, _ above: String) {
        self.init(first: first, last: last, below: below, above: above)
    }
}
