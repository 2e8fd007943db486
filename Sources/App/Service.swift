package import Administration
package import Domain
import Gateway
import Intake
package import Logging
package import Pipeline
import Rules
import Sealing
package import Settings
import Signing
import Storage
import StorageSQLite
import StrictJSON
import Transport
import TransportCurl

/// The whole service, put together: the only place that knows which store and transport it is.
package struct Service: Sendable {
    /// What is in hand may take this long after the stop; then it is cut short and written down.
    package static let graceTime: Duration = .seconds(20)

    /// Events are still taken for so long after the stop, and `/readyz` sends others elsewhere
    /// (reliability.md 2, "Drain").
    private static let farewellTime: Duration = .seconds(2)

    private let configuration: Configuration
    private let environment: [String: String]
    private let time: TimeSource
    private let chance: Chance
    private let log: Logger

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
        let sourceDesk = SourceDesk(
            DefinitionReader(configuration),
            files: configuration.sources.map {
                FileDefinition(
                    name: $0.name, value: $0,
                    shown: configuration.effective["sources"]?[$0.name] ?? .null,
                    file: configuration.file)
            }, strongbox: strongbox, time: time, chance: chance, log: log,
            tryOut: { rooms.intake.trial($0, for: $1, secret: $2).map { SourceTrial($0) } }
        ) { sources in
            rooms.intake.replaceDoors(with: sources.map { IntakeDoor($0) })
        }
        let administration = Administrator(
            store: store, book: book, fileRules: configuration.rules,
            destinations: destinations,
            desks: DefinitionDesks(
                configuration, checkConnection: Rooms.objection, strongbox: strongbox,
                destinations: destinations, chance: chance, log: log),
            ruleFiles: RuleFilesState(
                directory: configuration.rulesDirectory,
                rules: configuration.rules.count - configuration.inlineRules.count, at: time.now()),
            sources: configuration.sources.map {
                SourceSummary(name: $0.name, scheme: $0.kind.rawValue)
            },
            sourceNames: { [names = configuration.sources.map(\.name)] in names },
            sourceDesk: sourceDesk, endpointSecrets: endpointSecrets, strongbox: strongbox,
            time: time, chance: chance,
            presetKey: configuration.server.adminKey, rehearse: rooms.rehearse,
            publish: rooms.publish,
            tryEndpoint: EndpointTrial(transport, time: time, chance: chance).run,
            tryConnection: ConnectionTrial(transport, time: time, chance: chance).run,
            nudges: .init(
                matching: rooms.wakeMatching.signal, copying: rooms.wakeCopying.signal,
                notifying: rooms.wakeNotifying.signal),
            log: log)
        let newKey = try await prepare(administration, endpointSecrets, destinations)
        let gateway = HTTPGateway(
            receive: { await rooms.intake.receive($0, for: $1, secret: $2) },
            administration: administration,
            readiness: { store.condition.trouble.map { ["store: " + $0.words] } ?? [] },
            isExempt: { [proxies = configuration.server.trustedProxies] peer in
                peer.isLoopback
                    || IPAddress(bytes: peer.bytes).map { address in
                        proxies.contains { $0.contains(address) }
                    } ?? false
            }, limits: Self.connectionLimits, time: time, log: log)
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

// MARK: - Parts

extension Service {
    private func openStore() throws(ServiceError) -> SQLiteStore {
        do throws(StorageError) {
            return try SQLiteStore.open(
                path: configuration.store.path,
                lines: RoomLines(
                    reserve: configuration.store.reserve, freeMin: configuration.store.freeMin),
                report: { [log] in
                    log.error("store.row_set_aside", metadata: ["detail": "\($0.detail)"])
                })
        } catch {
            throw ServiceError(
                error.detail,
                error.code == .full
                    ? "Make room on the disk of \(configuration.store.path) and start again: what "
                        + "was acknowledged is in that file."
                    : "Check store.url in \(configuration.file): a file that only this service "
                        + "uses, or none yet, in a directory that exists.")
        }
    }

    private func housekeeper(_ store: SQLiteStore) -> Housekeeper {
        let retention = configuration.retention
        return Housekeeper(
            store,
            ages: Housekeeper.Ages(
                attempts: retention.attempts, tasks: retention.tasks, events: retention.events,
                keys: retention.keys, triggers: Rule.Limits.cooldownMax,
                audit: retention.audit),
            time: time, log: log)
    }

    private func makeTransport(_ policy: EgressPolicy) throws(ServiceError) -> CurlTransport {
        do throws(TransportFailure) {
            return try CurlTransport(
                policy: policy,
                userAgent: Product.userAgent(publicURL: configuration.server.publicURL))
        } catch {
            throw ServiceError(
                "libcurl cannot be used: \(error.detail)", "Install libcurl 7.88 or newer.")
        }
    }

    private static var connectionLimits: ConnectionLimits {
        var limits = ConnectionLimits()
        limits.farewellTime = farewellTime
        return limits
    }

    /// With the port that we really got, so that no configuration can make us call ourselves.
    private func policy(listeningAt bound: BoundAddress) -> EgressPolicy {
        let policy = configuration.egress
        guard let port = UInt16(exactly: bound.port) else { return policy }
        let addresses =
            [IPAddress(parsing: bound.host)].compactMap { $0 }
            + configuration.server.listen.addresses
        return EgressPolicy(
            allow: policy.allow, ports: policy.ports,
            ownListeners: addresses.map { EgressPolicy.Listener($0, port: port) })
    }

    /// The rules in force and the keys to the API, before anything is let in.
    ///
    /// - Returns: The text of a key that was made just now.
    private func prepare(
        _ administration: Administrator, _ endpointSecrets: RotatedSecrets,
        _ destinations: DestinationBook
    ) async throws(ServiceError) -> Secret? {
        do {
            try await administration.start()
            try await administration.sourceDesk?.rebuild()
            try await endpointSecrets.load(
                destinations.current.audience.endpoints.map(\.name))
            var generator = chance
            return try await administration.keyDesk.establish(using: &generator)
        } catch {
            throw ServiceError(
                "The store cannot be read: \(error)", "The log above may say more.")
        }
    }
}

extension IntakeDoor {
    fileprivate init(_ source: OpenSource) {
        self.init(
            source.name,
            source.phases.map {
                Phase($0.source.scheme, pathSecrets: $0.source.pathSecrets, until: $0.until)
            }, isClosed: source.isClosed)
    }
}

extension SourceTrial {
    fileprivate init(_ trial: IntakeTrial) {
        switch trial {
        case .events(let events): self = .events(events)
        case .handshake: self = .handshake
        case .refused(let status, let reason, let detail):
            self = .refused(status: status, reason: reason, detail: detail)
        }
    }
}
