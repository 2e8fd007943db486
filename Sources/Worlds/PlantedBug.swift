#if DEBUG
    import Storage
    import Transport

    /// A bug put in on purpose, to see that the checkers find it.
    ///
    /// This whole file, `BrokenStore` and everything that names one is left out of release builds.
    package enum PlantedBug: String, Hashable, Sendable, CaseIterable {
        /// A task found in `submitting` is taken for one that was not begun.
        case retryInSubmitting = "retry_in_submitting"
        /// A request for a copy is repeated when its answer was lost.
        case retryAfterLostAnswer = "retry_after_lost_answer"
        /// A task is lent out and the store does not remember it.
        case claimNotStored = "claim_not_stored"
        /// A write with an old token is let through.
        case fenceForgotten = "fence_forgotten"
        /// A task ends without its notification.
        case notificationDropped = "notification_dropped"
        /// What the target held before the submission is taken for what came of it.
        case baselineIgnored = "baseline_ignored"
        /// Two sources that use the same key have one event.
        case sourceForgotten = "source_forgotten"
        /// What failed is tried again at once.
        case backoffForgotten = "backoff_forgotten"
        /// An event is acknowledged that the store did not take.
        case acknowledgedTooSoon = "acknowledged_too_soon"
        /// A request for a copy leaves before the store knows of it.
        case dispatchNotStored = "dispatch_not_stored"
        /// A copy that is found is taken without asking whose else it may be.
        case surroundingsIgnored = "surroundings_ignored"
        /// A platform's or an endpoint's `Retry-After` is not read.
        case retryAfterUnread = "retry_after_unread"
        /// A task that was cancelled is taken for one that waits.
        case cancelledSent = "cancelled_sent"
        /// A task is sent though it was said that it will be cancelled.
        case cancelWishForgotten = "cancel_wish_forgotten"
        /// A task that failed is planned again, though nobody wished for it.
        case retriedByNobody = "retried_by_nobody"
        /// An event that is replayed meets the rules as if it were the first time.
        case runForgotten = "run_forgotten"
        /// What is sent again goes out under another id.
        case sentAgainAnew = "sent_again_anew"
        /// The event that a copy by hand comes with is shown to the rules.
        case handCopyMatched = "hand_copy_matched"
        /// What an endpoint's owner reads holds the credential of a connection.
        case secretStored = "secret_stored"
        /// What a person decided is written, and not who it was.
        case noteDropped = "note_dropped"
    }

    extension Sabotage {
        package init(_ bug: PlantedBug?) {
            guard let bug else {
                self = .none
                return
            }
            self.init(
                store: { BrokenStore(inner: $0, bug: bug) },
                wayOut: { BrokenTransport(inner: $0, bug: bug) },
                settlement: { settlement in
                    var settlement = settlement
                    if bug == .noteDropped { settlement.note = nil }
                    return settlement
                })
        }
    }

    /// The way out, with a bug in it.
    private struct BrokenTransport: HTTPTransport {
        let inner: any HTTPTransport
        let bug: PlantedBug

        func send(_ request: HTTPRequest) async throws(TransportFailure) -> HTTPAnswer {
            do throws(TransportFailure) {
                let answer = try await inner.send(request)
                guard bug == .retryAfterUnread else { return answer }
                return HTTPAnswer(
                    status: answer.status,
                    headers: answer.headers.filter { $0.name != "Retry-After" },
                    body: answer.body, duration: answer.duration)
            } catch {
                let isCopy = request.headers.contains { $0.name == "Idempotency-Key" }
                guard bug == .retryAfterLostAnswer, isCopy, error.isSent,
                    error.code != .cancelled
                else { throw error }
                return try await inner.send(request)
            }
        }
    }
#endif
