import Synchronization

/// Who follows the stream at the moment: so many at a time, and all of them go when we stop.
///
/// Apart from ``ReadingRoom``, whose seats are for a moment: a stream lasts for days. What a stream
/// reads it reads there, one page after the other, so that a crowd of them costs as much as one.
final class StreamRoom: Sendable {
    private struct State {
        var taken = 0
        var isClosed = false
    }

    /// What one of them holds as long as it lasts, whatever becomes of its connection.
    final class Seat: Sendable {
        private let room: StreamRoom

        fileprivate init(_ room: StreamRoom) { self.room = room }

        deinit { room.state.withLock { $0.taken -= 1 } }

        /// Whether the stream is to go on.
        var isOpen: Bool { room.state.withLock { !$0.isClosed } }
    }

    private let seats: Int
    private let state = Mutex(State())
    /// One page at a time.
    let desk = ReadingRoom(seats: 1, waitersMax: .max)

    init(seats: Int) { self.seats = seats }

    /// `nil` where all seats are taken, or we are about to stop.
    func enter() -> Seat? {
        let isAdmitted = state.withLock { state in
            guard !state.isClosed, state.taken < seats else { return false }
            state.taken += 1
            return true
        }
        return isAdmitted ? Seat(self) : nil
    }

    func close() { state.withLock { $0.isClosed = true } }

    var count: Int { state.withLock { $0.taken } }
}
