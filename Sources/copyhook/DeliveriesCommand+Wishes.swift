import ArgumentParser
import Domain
import StrictJSON

extension DeliveriesCommand {
    struct Resend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sends a delivery again that is at its end, under the same id.",
            discussion: """
                A receiver that keeps ids knows it for a repeat.

                Example:
                  copyhook deliveries resend msg_7z…
                """)

        @OptionGroup var options: ShowOptions

        func run() async throws {
            let delivery = try await options.post("deliveries", "resend")
            options.show(delivery) { Became.standing(options.id, delivery, $0) }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancels a delivery that waits.",
            discussion: """
                Example:
                  copyhook deliveries cancel msg_7z…
                """)

        @OptionGroup var options: ShowOptions

        func run() async throws {
            let delivery = try await options.post("deliveries", "cancel")
            options.show(delivery) { Became.standing(options.id, delivery, $0) }
        }
    }
}

extension EndpointsCommand {
    struct Recover: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has an endpoint hear what it missed.",
            discussion: """
                What was given up or cancelled since then goes out again under its ids, at half
                the endpoint's rate. It is counted first, and asked about. The service is found
                by COPYHOOK_URL or --url, its key comes from COPYHOOK_API_KEY.

                Examples:
                  copyhook endpoints recover ops-chat --since 2h
                  copyhook endpoints recover audit --since 2026-03-18T08:30:15Z --yes
                """)

        @OptionGroup var api: APIOptions

        @Argument(help: "The endpoint's name in the configuration.")
        var name: String

        @Option(help: "What ended since then: a time, or how long ago, as in 2h.")
        var since: String

        @OptionGroup var options: ManyOptions

        func run() async throws {
            var many = ManyWish(
                api, options, path: "/api/v1/endpoints/\(APIClient.segment(name))/recover",
                counted: "recovered", title: "Recovering", filters: [("since", since)])
            try await many.run(
                "delivery",
                warning: {
                    $0["disabled"]?.bool == true
                        ? "\(name.onOneLine) is given up: only a probe an hour reaches it, until "
                            + "one is taken." : nil
                }, question: { "Send \($0) again?" }
            ) { "\($0) queued again" }
        }
    }
}
