import Domain

/// Secrets of worlds, valid nowhere else.
///
/// Each text that a person could paste holds the marker, so that one search finds any of them.
extension Scenery {
    /// Stands in every secret and nowhere else.
    static let marker = "TESTONLY"

    static let sourceSecrets = [
        "desk": Secret("whsec_TESTONLYDESKAAECAwQFBgcICQoLDA0ODxAREhMUFRY="),
        "shop": Secret("whsec_TESTONLYSHOPAAECAwQFBgcICQoLDA0ODxAREhMUFRY="),
    ]
    static let endpointSecret = Secret("whsec_TESTONLYHOOKAAECAwQFBgcICQoLDA0ODxAREhMUFRY=")
    static let chatSecret = Secret("TESTONLYchat")
    static let chatPath = "/open-apis/bot/v2/hook/TESTONLY"

    /// The halves of a key pair made for this file.
    static let publicKey = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAnsaEwr/opB8UGSj/N7IU
        JZC+iwLABTkgE+H/16K2MD23YSiXTRp9H7yaKSBfXi46bW3NJAlbaw1XHsd5To8u
        GysMh951lhewPwKDuVUXTDxWEtOAYYs6XG1jKhQw4Pnbg5DRMSS7Zx2NFRQfdlVo
        nr0fsiVbcLe9reb9H26LK3I89B96F8j3B39uZD0QrwMoa35R5oKd2+IOFqk2ZxRz
        rPd/XYSNTcnoe8cz1UcNnOVwihga+0QskF/2bTk59nPq8v8hvo0z0epN/yBUSKjN
        0ZwhYrFCLikpLYFDXBVrHw2OuxIeH1fGOxPeuIdy1qbwtIUirZL6KHi7/R6+HuZy
        fwIDAQAB
        -----END PUBLIC KEY-----
        """
    static let privateKey = Secret(
        """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCexoTCv+ikHxQZ
        KP83shQlkL6LAsAFOSAT4f/XorYwPbdhKJdNGn0fvJopIF9eLjptbc0kCVtrDVce
        x3lOjy4bKwyH3nWWF7A/AoO5VRdMPFYS04BhizpcbWMqFDDg+duDkNExJLtnHY0V
        FB92VWievR+yJVtwt72t5v0fbosrcjz0H3oXyPcHf25kPRCvAyhrflHmgp3b4g4W
        qTZnFHOs939dhI1Nyeh7xzPVRw2c5XCKGBr7RCyQX/ZtOTn2c+ry/yG+jTPR6k3/
        IFRIqM3RnCFisUIuKSktgUNcFWsfDY67Eh4fV8Y7E964h3LWpvC0hSKtkvooeLv9
        Hr4e5nJ/AgMBAAECggEAAcjIWCnw8ts4jhnUWGtjZ5KrWYOT5dsg/ag2CFXXR06C
        P5DFtoOcMV2cu+aVu8i4Nl+cBRIn2Vmih4GFXvkj8wE2WFaLKr8kZ2jfUxdeNiid
        bQO8dxwp8Tz3dtMYQ4b7TQy1FSDNDFkcK0b5HYrTLKmCcC2US/18n7YvVQmYfcn7
        1kOHLv23QmTrsc6Mo+K6GLUbbI+wEtqzViGnbBwpeMShyOK0PxOydhPy0c1tUg2D
        KW+34vreXrb8FwYRoo+XIWms4NOvGaF06IFWsg9agZr49TSK3loW3IqOp7eYrg+8
        ong8L1C+Vlntl7PeCjP0vTfgFII4hgOZGCWHmsCrYQKBgQDL0sL72rPMO75bYK2r
        fj6/TTLuO8YWCpGYqw9470vm3Lv48fOLXLfYwIlOxGhpRTVJQ9+PuZDDBSNxa3VJ
        nWbu2iMdR1C1mH6fnXWfanwJBpqpiMM8mxnX8BzVqetS6p5E4uNbTlQp2ScKHROX
        nM8ti76dEia/7fyuGhJ8hwU1HwKBgQDHa55hNUv/1I4fGbiaZPOwZadH+Zm5giRs
        GAIsFWLaAK9tj7g9SClWMlKcrhGFaf6iVsXmmphaOI981enx3ezwoCOxkJa30Jo+
        pQNyKnQs6RRjzZcZQAAffTQLlIgnRSXg+Ww7EKXh3hildp84h4fWN1WgEHS7c0X3
        YeAGZ6S2oQKBgQCf0bdKPIbXEdGFXR1QZ0FUR3g0DXKZPdhEWX1cWmats09BOJa7
        JAyUTQRdWuxz/ux1cl8OF3dHM/RCrvvcqStZBnqaLp0+h0Bib9kXEywG98K2RKKy
        FvwAsiop736yGX3Yjf+wTI758WgHKh1+uFpLYFQqXV09CaMj8RWlx0lyCQKBgF5B
        f5pylnlU/de1UIupK4U0htx+HSqRWKW+s0gi05Y2vLQMOgi9Esyq/GER5TYp4zDX
        0rIsX9ZE5Y0bjnfDbTpOdpB2xsYa0szJMdfEOSUBBaImikRk+6nmg7L1gWUOSdkM
        Cxvfwof/cabDan5NkOavQMlm/cWbtnY2zKw6UKABAoGAaNGuScgV7WtkMI2UwNQx
        4T33iZ0VhGh03h7So/otxVT0ykhpaJ9vkCdqa5jD/AIArX4uw3+S7czTmxYbIaHK
        rzdyGlH9gJCRbnT1v2Z+poSBMTefDOQUrpdhhL4ICS7nPf+EquMCrmuPNuklOnmF
        h58raYTkf/LLrMmU6rZAZsA=
        -----END PRIVATE KEY-----
        """)
}
