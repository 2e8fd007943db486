#if DEBUG
    import Foundation
    import Testing
    import Worlds

    extension PlantedBug {
        /// What is said of a world in which this bug did its own harm; one of these.
        fileprivate var signs: [String] {
            // A late write either copies once more or puts back what was settled.
            self == .fenceForgotten ? [sign, "was queued again out of doubt"] : [sign]
        }

        private var sign: String {
            switch self {
            case .retryInSubmitting, .fenceForgotten: "copies"
            case .retryAfterLostAnswer: "was sent twice"
            case .claimNotStored: "was lent out while somebody had it in hand"
            case .notificationDropped: ": 0 of copy"
            case .baselineIgnored: "which is no copy of it"
            case .sourceForgotten, .acknowledgedTooSoon: "is stored 0 times"
            case .backoffForgotten: "was sent again after"
            case .dispatchNotStored: "was sent before it was stored"
            case .surroundingsIgnored: "both claim"
            case .retryAfterUnread: "before its rest was over"
            case .secretStored: "a secret"
            case .cancelledSent, .cancelWishForgotten: "was sent after it was cancelled"
            case .retriedByNobody, .handCopyMatched: "were asked for"
            case .runForgotten: "was replayed as run"
            case .sentAgainAnew: "was heard and is not stored"
            case .noteDropped: "decisions are noted, of"
            }
        }
    }

    /// The checkers are worth what they find.
    @Suite struct PlantedBugTests {
        @Test(arguments: PlantedBug.allCases)
        func aPlantedBugIsFound(bug: PlantedBug) async {
            let sweep = Sweep(
                seeds: 0..<1_000, jobs: 1, sabotage: Sabotage(bug), stopsAtTrouble: true)
            let summary = await sweep.run()
            guard let report = summary.failures.first else {
                Issue.record("\(bug.rawValue) was not found within 1000 seeds")
                return
            }
            let trouble = report.troubles.first { trouble in
                bug.signs.contains { trouble.contains($0) }
            }
            guard let trouble else {
                Issue.record(
                    "\(bug.rawValue), seed \(report.seed), for another reason: \(report.troubles)")
                return
            }
            print(
                "\(bug.rawValue): found by seed \(report.seed), number \(summary.worlds):", trouble
            )
        }

        /// What is released cannot be broken on purpose: nothing outside `#if DEBUG` names a bug.
        @Test func noBugIsNamedInWhatIsReleased() throws {
            let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")
            let paths =
                FileManager.default.enumerator(atPath: sources.path)?
                .compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") } ?? []
            #expect(paths.count > 100)
            var guarded = 0
            for path in paths {
                let text = try String(contentsOf: sources.appending(path: path), encoding: .utf8)
                var isDebug = false
                for line in text.split(separator: "\n") {
                    let words = line.drop { $0 == " " }
                    if words.hasPrefix("#if DEBUG") { isDebug = true }
                    if words.hasPrefix("#else") || words.hasPrefix("#endif") { isDebug = false }
                    guard !words.hasPrefix("//"), words.contains("PlantedBug") else { continue }
                    #expect(isDebug, "\(path): \(words)")
                    guarded += 1
                }
            }
            #expect(guarded > 3)
        }
    }
#endif
