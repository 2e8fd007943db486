import StrictJSON

/// `store`: where everything is kept.
package struct StoreSettings: Hashable, Sendable {
    /// `url`: `sqlite:PATH`, default `sqlite:copyhook.db`; here the path alone, which counts from
    /// the directory of the configuration.
    package let path: String
    /// `reserve`: bytes kept in a file that is given up when the disk is full, so that what is
    /// under way can still be written.
    ///
    /// Default 64 MB, at most 5 % of the file system.
    package let reserve: Int64
    /// `free_min`: free bytes below which no event is taken in.
    ///
    /// Default 200 MB, at most 5 % of the file system.
    package let freeMin: Int64

    init(_ section: SettingSection) {
        let file = section.reader.file
        path = resolve(
            section.scalar("url", Self.url(section), default: "copyhook.db"), from: file)
        reserve = section.scalar("reserve", .bytes, default: 64_000_000)
        freeMin = section.scalar("free_min", .bytes, default: 200_000_000)
        section.finish()
    }

    /// A wrong URL may hold a password, so that it is never repeated.
    private static func url(_ section: SettingSection) -> SettingKind<String> {
        SettingKind(
            remedy: "Write sqlite:PATH, as in sqlite:copyhook.db. A store on PostgreSQL comes "
                + "later.",
            read: { text in
                let path = text.dropFirst("sqlite:".count)
                return text.hasPrefix("sqlite:") && !path.isEmpty && !path.hasPrefix(":")
                    && path.utf8.first != UInt8(ascii: "?") && String(path).isHarmless
                    ? String(path) : nil
            },
            show: { .string("sqlite:\($0)") }, isText: true, isShownWhenRefused: false)
    }
}
