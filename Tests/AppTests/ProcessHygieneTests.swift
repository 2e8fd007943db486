import App
import Foundation
import Testing

@Test func whatWouldWriteTheKeysOfConnectionsIsForgotten() {
    setenv("SSLKEYLOGFILE", "/dev/null", 1)
    ProcessHygiene.harden()
    #expect(getenv("SSLKEYLOGFILE") == nil)
}
