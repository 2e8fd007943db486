import Settings

/// A configuration and its neighbours in memory, named `copyhook.yaml`.
struct Memory {
    var yaml: String
    var environment: [String: String] = [:]
    /// By path; a directory is what paths have in front.
    var files: [String: String] = [:]
    /// Those that others than their owner may read.
    var openFiles: Set<String> = []

    var access: FileAccess {
        let all = files.merging(["copyhook.yaml": yaml]) { old, _ in old }
        return FileAccess(
            read: { (path) throws(FileTrouble) in
                guard let text = all[path] else { throw FileTrouble("there is no such file") }
                return Array(text.utf8)
            },
            list: { (path) throws(FileTrouble) in
                let names = all.keys.filter { $0.hasPrefix(path + "/") }
                guard !names.isEmpty else { throw FileTrouble("there is no such directory") }
                return names.map { String($0.dropFirst(path.count + 1)) }
            }, isOpenToOthers: { [openFiles] in openFiles.contains($0) })
    }

    func load() throws(ConfigurationRefusal) -> Configuration {
        try Configuration.load(path: "copyhook.yaml", environment: environment, files: access)
    }

    /// What a person reads when the configuration is refused; empty when it is not.
    var refusal: String {
        do throws(ConfigurationRefusal) {
            _ = try load()
            return ""
        } catch {
            return error.description
        }
    }
}
