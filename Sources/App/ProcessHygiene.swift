import CProcess
import Foundation

/// What a process that holds secrets does before anything else.
package enum ProcessHygiene {
    /// Files for their owner alone, and no dump of the memory: not by a crash, and in release
    /// builds not by another process of the same user either.
    ///
    /// `SSLKEYLOGFILE` is forgotten, since libcurl would write the keys of every connection to the
    /// file that it names, and whoever set it for a browser or a child need not know that.
    ///
    /// Debug builds stay open to debuggers and to `strace`, which tests look through.
    package static func harden() {
        umask(0o077)
        unsetenv("SSLKEYLOGFILE")
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        #if !DEBUG
            _ = copyhook_forbid_dumps()
        #endif
    }
}
