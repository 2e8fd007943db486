import Glibc

extension posix_spawn_file_actions_t {
    /// Has the child close everything from `descriptor` on.
    ///
    /// Sockets of other tests in this process would stay open in the child otherwise, and their
    /// ports with them. The function is there since glibc 2.34, but not in the module that Swift
    /// sees, so it is looked up by name; where it is missing nothing is closed.
    mutating func closeAll(from descriptor: CInt) {
        typealias CloseFrom =
            @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, CInt) -> CInt
        guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else { return }
        // The signature is that of spawn.h.
        let closeFrom = unsafeBitCast(symbol, to: CloseFrom.self)
        _ = closeFrom(&self, descriptor)
    }
}
