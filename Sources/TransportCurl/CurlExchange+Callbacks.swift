import CCurl
import Glibc
import Transport

// What libcurl calls, on the loop's thread. The context is the exchange, set with each function.

private func exchange(_ context: UnsafeMutableRawPointer?) -> CurlExchange? {
    // Not retained: the loop keeps every exchange whose handle libcurl works on.
    context.map { Unmanaged<CurlExchange>.fromOpaque($0).takeUnretainedValue() }
}

/// Returning less than it was given makes libcurl break off.
let onBody: curl_write_callback = { pointer, size, count, context in
    let bytes = UnsafeRawBufferPointer(start: pointer, count: size * count)
    return exchange(context)?.accept(body: bytes) == true ? bytes.count : -1
}

let onHeader: curl_write_callback = { pointer, size, count, context in
    let bytes = UnsafeRawBufferPointer(start: pointer, count: size * count)
    return exchange(context)?.accept(headerLine: bytes) == true ? bytes.count : -1
}

let onSocket: curl_opensocket_callback = { context, _, address in
    guard let address, let exchange = exchange(context) else { return -1 }
    var bytes = [UInt8](repeating: 0, count: 16)
    var port: UInt16 = 0
    let count = copyhook_socket_address(address, &bytes, &port)
    guard exchange.mayConnect(to: IPAddress(bytes: bytes.prefix(count)), port: port) else {
        return -1
    }
    let kind = address.pointee
    return socket(kind.family, kind.socktype | Int32(SOCK_CLOEXEC.rawValue), kind.protocol)
}

let onRequest: curl_prereq_callback = { context, remote, local, remotePort, _ in
    let remote = remote.flatMap { IPAddress(parsing: String(cString: $0)) }
    let local = local.flatMap { IPAddress(parsing: String(cString: $0)) }
    guard let exchange = exchange(context), let port = UInt16(exactly: remotePort),
        exchange.mayWrite(to: remote, port: port, from: local)
    else { return CURL_PREREQFUNC_ABORT }
    return CURL_PREREQFUNC_OK
}
