import Domain
package import Signing
import StrictJSON

/// `secrets`: what seals secrets in the store.
package struct SecretSettings: Sendable {
    /// `master_key`: at least 32 bytes, `hex:` and `base64:` understood; seals and opens.
    ///
    /// A file is named as `${file:PATH}` and must be for its owner alone. Absent, a key is made
    /// beside the database, in a file of its name with `.key` behind it.
    package let masterKey: MasterKey?
    /// `old_master_keys`: keys that still open what they sealed, while they are being changed for
    /// `master_key`; default none.
    package let oldMasterKeys: [MasterKey]

    init(_ section: SettingSection) {
        let key = section.secret("master_key").map { ($0, section.place("master_key")) }
        let old = section.secrets("old_master_keys")
        if old == nil { section.show("old_master_keys", .array([])) }
        masterKey = key.flatMap { Self.read($0.0, $0.1, section.reader) }
        oldMasterKeys = (old ?? []).compactMap { Self.read($0.secret, $0.place, section.reader) }
        section.finish()
    }

    private static func read(
        _ secret: Secret, _ place: Place, _ reader: SettingReader
    ) -> MasterKey? {
        let make = "Make one with echo hex:$(openssl rand -hex 32), or leave it out."
        if let file = reader.openFiles(at: place).first {
            reader.add(
                place.problem(
                    "others than its owner may read the file \(file)",
                    "Run chmod 0400 \(file), and make a new key if others could read it for long."))
            return nil
        }
        guard !["/", "./", "../", "~"].contains(where: { secret.exposed.hasPrefix($0) }) else {
            reader.add(
                place.problem(
                    "this looks like a path, and would be taken for the key itself",
                    "Write ${file:PATH} for a file, or base64: in front of a key in base 64."))
            return nil
        }
        do throws(SigningError) {
            return try MasterKey(parsing: secret)
        } catch {
            reader.add(place.problem(error.detail, make))
            return nil
        }
    }
}
