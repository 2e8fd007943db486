import CCurl
import Transport

/// Which failure of ours a code of libcurl's is.
///
/// - Parameter isSent: Whether a request was about to be written. The same code means different
///   things before and after. An endpoint that speaks no TLS has not been given a request; one
///   whose TLS breaks later may have. And a failure to connect after a request was written is a
///   pooled connection that died and could not be replaced: to the caller, an answer cut off. So
///   `refused`, `couldNotResolve`, `couldNotConnect` and `handshakeFailed` always mean unsent.
func failureCodeOf(_ code: CURLcode, isSent: Bool) -> TransportFailure.Code {
    switch code {
    case CURLE_OPERATION_TIMEDOUT: .timedOut
    case CURLE_WEIRD_SERVER_REPLY, CURLE_FILESIZE_EXCEEDED, CURLE_WRITE_ERROR,
        CURLE_BAD_CONTENT_ENCODING:
        .malformedAnswer
    // HTTP/0.9, which is whatever does not begin with a status line.
    case CURLE_UNSUPPORTED_PROTOCOL where isSent: .malformedAnswer
    // A header line beyond libcurl's own limit is reported as lack of memory.
    case CURLE_OUT_OF_MEMORY where isSent: .malformedAnswer
    case _ where isSent: .cutOff
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .couldNotResolve
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_ABORTED_BY_CALLBACK,
        CURLE_LOGIN_DENIED:
        .refused
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
        CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
        CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CRL_BADFILE:
        .handshakeFailed
    default: .couldNotConnect
    }
}

/// Whole milliseconds, at least one: to libcurl zero means no limit.
func milliseconds(_ duration: Duration) -> Int {
    let (seconds, attoseconds) = duration.components
    let whole = seconds.clamped(to: 0...1_000_000) * 1_000 + attoseconds / 1_000_000_000_000_000
    return max(1, Int(whole))
}

extension Comparable {
    fileprivate func clamped(to range: ClosedRange<Self>) -> Self {
        min(max(self, range.lowerBound), range.upperBound)
    }
}

/// A message of libcurl's for a field of the log: at most 255 bytes, without control characters,
/// since parts of it may be the server's words.
func printable(_ message: UnsafePointer<CChar>) -> String {
    let bytes = String(cString: message).utf8.prefix(255).map {
        $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: " ") : $0
    }
    return String(decoding: bytes, as: UTF8.self)
}
