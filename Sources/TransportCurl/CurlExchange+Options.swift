import CCurl
import Transport

extension CurlExchange {
    /// Says everything about this exchange to libcurl.
    ///
    /// Returns why that is impossible, or `nil`.
    func prepare(_ handle: CurlHandle, _ settings: CurlSettings) -> String? {
        guard let lines = headerList(request.headers) else { return "out of memory" }
        headerLines = lines
        if let addresses = settings.addresses?(target.host) {
            let place = addresses.map { $0.family == .v4 ? "\($0)" : "[\($0)]" }
            nameLines = curl_slist_append(
                nil, "\(target.host):\(target.port):" + place.joined(separator: ","))
        }
        var options = CurlOptions(handle.easy)
        prepareRequest(&options, lines, settings)
        prepareConnection(&options, settings)
        let context = Unmanaged.passUnretained(self).toOpaque()
        options.set(CURLOPT_PRIVATE, pointer: context)
        handle.message.pointee = 0
        options.set(CURLOPT_ERRORBUFFER, pointer: handle.message)
        options.note(copyhook_set_on_body(handle.easy, onBody, context))
        options.note(copyhook_set_on_header(handle.easy, onHeader, context))
        options.note(copyhook_set_on_socket(handle.easy, onSocket, context))
        options.note(copyhook_set_on_request(handle.easy, onRequest, context))
        if let failure = options.failure {
            freeLists()
            return "libcurl refuses an option: " + String(cString: curl_easy_strerror(failure))
        }
        self.handle = handle
        return nil
    }

    private func prepareRequest(
        _ options: inout CurlOptions,
        _ lines: UnsafeMutablePointer<curl_slist>,
        _ settings: CurlSettings
    ) {
        options.set(CURLOPT_URL, request.url)
        options.set(CURLOPT_PATH_AS_IS, 1)
        options.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        if request.body.isEmpty && request.method != .post && request.method != .put {
            options.set(CURLOPT_HTTPGET, 1)
        } else {
            options.set(CURLOPT_POST, 1)
            options.set(CURLOPT_POSTFIELDSIZE_LARGE, size: request.body.count)
            if request.body.isEmpty {
                // Without any, libcurl would read a body from its read callback.
                options.set(CURLOPT_COPYPOSTFIELDS, "")
            } else {
                request.body.withUnsafeBytes {
                    options.set(CURLOPT_COPYPOSTFIELDS, pointer: $0.baseAddress)
                }
            }
        }
        options.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        options.note(copyhook_set_list(options.easy, CURLOPT_HTTPHEADER, lines))
        options.set(CURLOPT_USERAGENT, settings.userAgent)
        options.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        options.set(CURLOPT_HTTP09_ALLOWED, 0)
        options.set(CURLOPT_FOLLOWLOCATION, 0)
        options.set(CURLOPT_NETRC, 0)
        if case .whole(let max) = request.answerBody {
            options.set(CURLOPT_MAXFILESIZE_LARGE, size: min(max, limits.bodyMax))
        }
    }

    private func prepareConnection(_ options: inout CurlOptions, _ settings: CurlSettings) {
        options.set(CURLOPT_PROTOCOLS_STR, target.scheme.rawValue)
        // Empty, so that no proxy is taken from the environment: it would be the address that the
        // policy sees, and would then call whatever it likes.
        options.set(CURLOPT_PROXY, "")
        options.set(CURLOPT_NOSIGNAL, 1)
        options.set(CURLOPT_NOPROGRESS, 1)
        // A name server that does not answer must hold up its own exchange alone. Without this
        // libcurl joins the resolver's thread when an exchange is timed out or taken off
        // (`lib/asyn-thread.c`, `Curl_resolver_kill`), and all others wait. The thread that is left
        // behind frees what it holds when the resolver lets go of it.
        options.set(CURLOPT_QUICK_EXIT, 1)
        let timeout = max(request.timeout, .milliseconds(1))
        options.set(CURLOPT_TIMEOUT_MS, milliseconds(timeout))
        options.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(min(limits.connectTimeout, timeout)))
        options.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        options.set(CURLOPT_SSL_VERIFYPEER, 1)
        options.set(CURLOPT_SSL_VERIFYHOST, 2)
        if let certificates = settings.certificates {
            options.set(CURLOPT_CAINFO, certificates)
            // A folder of the system's is trusted beside the file unless it is taken away.
            options.set(CURLOPT_CAPATH, pointer: nil)
        }
        if let nameLines {
            options.note(copyhook_set_list(options.easy, CURLOPT_RESOLVE, nameLines))
        }
        if let pool {
            options.set(CURLOPT_SHARE, pointer: pool.share)
        } else {
            options.set(CURLOPT_FRESH_CONNECT, 1)
            options.set(CURLOPT_FORBID_REUSE, 1)
        }
    }
}

/// Sets options and remembers the first that libcurl refused: an exchange with an option missing
/// must not begin.
struct CurlOptions {
    let easy: UnsafeMutableRawPointer
    private(set) var failure: CURLcode?

    init(_ easy: UnsafeMutableRawPointer) {
        self.easy = easy
    }

    mutating func set(_ option: CURLoption, _ value: Int) {
        note(copyhook_set_long(easy, option, value))
    }

    mutating func set(_ option: CURLoption, size: Int) {
        note(copyhook_set_size(easy, option, curl_off_t(size)))
    }

    mutating func set(_ option: CURLoption, _ text: String) {
        note(copyhook_set_string(easy, option, text))
    }

    mutating func set(_ option: CURLoption, pointer: UnsafeRawPointer?) {
        note(copyhook_set_pointer(easy, option, pointer))
    }

    mutating func note(_ code: CURLcode) {
        if code != CURLE_OK && failure == nil { failure = code }
    }
}
