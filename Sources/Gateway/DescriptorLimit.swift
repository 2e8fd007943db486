import Glibc

/// How many files and sockets this process may have open at once.
enum DescriptorLimit {
    /// Raises the limit as far as is wanted and allowed.
    ///
    /// Many systems start a service with 1 024, which is as many as the connections alone may be:
    /// the store and our own calls would find none left.
    ///
    /// - Returns: What holds now; `wanted` where the system does not say.
    static func raise(to wanted: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return wanted
        }
        if limit.rlim_cur < rlim_t(wanted), limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = min(rlim_t(wanted), limit.rlim_max)
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 {
                limit = raised
            }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// How many are never given to a connection.
    ///
    /// Without any, not only `accept` fails: libdispatch reads the states of its threads from files
    /// (`src/event/workqueue.c`) and ends the process when it cannot open one.
    private static let kept = 32

    /// Whether a connection has one of the last descriptors there are.
    ///
    /// The system gives out the lowest number that is free, so that the number says how many are
    /// taken. Asked anew each time: the limit can be changed from outside.
    ///
    /// - Parameter descriptor: That of the connection.
    static func isNearlyReached(by descriptor: CInt) -> Bool {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return false
        }
        return Int(descriptor) >= Int(clamping: limit.rlim_cur) - kept
    }
}
