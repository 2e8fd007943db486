package import Administration
package import Domain
import Gateway
import Intake
package import Logging
package import Pipeline
import Rules
import Sealing
package import Settings
import Storage
import StorageSQLite
import Transport
import TransportCurl

/// The whole service, put together: the only place that knows which store and transport it is.
package struct Service: Sendable {
    /// What is in hand may take this long after the stop; then it is cut short and written down.
    package static let graceTime: Duration = .seconds(20)

    /// Events are still taken for so long after the stop, and `/readyz` sends others elsewhere
    /// (reliability.md 2, "Drain").
    static let farewellTime: Duration = .seconds(2)

    let configuration: Configuration
    private let environment: [String: String]
    let time: TimeSource
    let chance: Chance
    let log: Logger

    /// What a service that has started can say of itself.
    package struct Started: Sendable {
        /// Where it listens, as in `http://127.0.0.1:8080`.
        package let url: String
        package let administration: Administrator
        /// The admin key where it was made just now: to be shown once, then dropped.
        package let newAdminKey: Secret?
        /// How many pieces of work each queued room has in hand at the moment.
        package let worksInHand: @Sendable () -> [(room: String, count: Int)]
    }

    /// - Parameter environment: For rule files that are read again.
    package init(
        _ configuration: Configuration, environment: [String: String], time: TimeSource = .system,
        chance: Chance = .system, log: Logger
    ) {
        self.configuration = configuration
        self.environment = environment
        self.time = time
        self.chance = chance
        self.log = log
    }

    /// Serves until `stop` is raised, then softly comes to rest.
    ///
    /// No new work is taken, though events are stored for a moment more; what is in hand is
    /// finished, or after ``graceTime`` cut short and written down as what it then is. A stop is
    /// never worse than a kill.
    ///
    /// - Parameter onStart: Called once, when the listener takes connections.
    package func run(
        until stop: StopSignal, onStart: @escaping @Sendable (Started) async -> Void
    ) async throws(ServiceError) {
        let store = try openStore()
        let transport = try makeTransport(configuration.egress)
        let trouble: ServiceError?
        do throws(ServiceError) {
            try await serve(store, transport, until: stop, onStart: onStart)
            trouble = nil
        } catch {
            trouble = error
        }
        await transport.shutdown()
        do throws(StorageError) {
            try await store.close()
        } catch {
            log.error("store.close_failed", metadata: ["detail": "\(error.detail)"])
        }
        if let trouble { throw trouble }
        log.notice("service.stopped")
    }

    private func serve(
        _ store: SQLiteStore, _ transport: CurlTransport, until stop: StopSignal,
        onStart: @escaping @Sendable (Started) async -> Void
    ) async throws(ServiceError) {
        let destinations = DestinationBook(
            connections: configuration.connections, endpoints: configuration.endpoints)
        let book = RuleBook()
        let keys = try await MasterKeys(
            settings: configuration.secrets, database: configuration.store.path, chance: chance,
            log: log
        ).keys(for: store)
        let strongbox = Strongbox(store, keys: keys, chance: chance)
        let endpointSecrets = RotatedSecrets(of: "endpoint", strongbox)
        let rooms = try Rooms(
            configuration, store: store, book: book, transport: transport,
            strongbox: strongbox, endpointSecrets: endpointSecrets, destinations: destinations,
            time: time, chance: chance, log: log)
        let administration = administration(
            store, rooms, transport, book, destinations, strongbox, endpointSecrets)
        let newKey = try await prepare(administration, endpointSecrets, destinations)
        let gateway = gateway(store, rooms, administration)
        let files = RuleFiles(
            configuration: configuration, environment: environment, desk: administration.desk,
            state: administration.ruleFiles, time: time, log: log)
        let gatewayStopped = StopSignal()
        let refusal = await withTaskGroup(of: ServiceError?.self) { group in
            group.addTask { await rest(rooms, until: stop) }
            group.addTask {
                await housekeeper(store).run(until: stop)
                return nil
            }
            group.addTask {
                await DiskWatch(store, time: time, log: log).run(until: stop)
                return nil
            }
            group.addTask {
                await FindKeeper(store, time: time, log: log).run(until: stop)
                return nil
            }
            group.addTask {
                await rooms.intake.run(until: gatewayStopped)
                return nil
            }
            group.addTask {
                await tend(administration.keyDesk, until: gatewayStopped)
                return nil
            }
            group.addTask {
                await files.run(until: stop)
                return nil
            }
            group.addTask {
                defer {
                    stop.raise()
                    gatewayStopped.raise()
                }
                return await listen(gateway, transport, until: stop) { url in
                    await onStart(
                        Started(
                            url: url, administration: administration, newAdminKey: newKey,
                            worksInHand: { rooms.worksInHand }))
                }
            }
            var refusal: ServiceError?
            for await trouble in group { refusal = refusal ?? trouble }
            return refusal
        }
        if let refusal { throw refusal }
    }

    /// Keeps what is known of the keys young, and what is stored of their use.
    private func tend(_ desk: KeyDesk, until stop: StopSignal) async {
        while !stop.isRaised, !Task.isCancelled {
            await stop.wait(atMost: KeyDesk.readAgainAfter, time: time)
            await desk.refresh()
        }
        await desk.refresh(isLast: true)
    }

    /// Runs the rooms, and cuts them short when their time to finish is over.
    private func rest(_ rooms: Rooms, until stop: StopSignal) async -> ServiceError? {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await rooms.run(until: stop) }
            group.addTask {
                await stop.wait()
                try? await time.sleep(Self.graceTime)
            }
            await group.next()
            group.cancelAll()
        }
        return nil
    }

    private func listen(
        _ gateway: HTTPGateway, _ transport: CurlTransport, until stop: StopSignal,
        onStart: @escaping @Sendable (String) async -> Void
    ) async -> ServiceError? {
        let listen = configuration.server.listen
        do throws(GatewayError) {
            try await gateway.run(
                host: listen.host, port: listen.port, until: { await stop.wait() }
            ) { bound in
                transport.replacePolicy(policy(listeningAt: bound))
                let host = bound.host.contains(":") ? "[\(bound.host)]" : bound.host
                let url = "http://\(host):\(bound.port)"
                for rule in configuration.egress.allow {
                    log.notice("egress.allowed", metadata: ["rule": "\(rule)"])
                }
                log.notice("service.started", metadata: ["url": "\(url)"])
                await onStart(url)
            }
            return nil
        } catch {
            return ServiceError(
                error.detail,
                "Stop what listens on \(listen.text), or set server.listen to another address.")
        }
    }
}
