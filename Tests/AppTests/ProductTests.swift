import App
import Testing

@Test(arguments: [
    (nil, "Copyhook/0.1.0"),
    ("https://hooks.example.com", "Copyhook/0.1.0 (+https://hooks.example.com)"),
    // It would end the comment, and a header line must be one.
    ("https://hooks.example.com/a)b", "Copyhook/0.1.0"),
])
func weSayWhoWeAre(_ publicURL: String?, _ due: String) {
    #expect(Product.version == "0.1.0")
    #expect(Product.userAgent(publicURL: publicURL) == due)
}
