import Administration
import Domain
import Gateway
import Intake
import Logging
import Pipeline
import Rules
import Sealing
import Settings
import Signing
import Storage
import StorageSQLite
import StrictJSON
import Transport
import TransportCurl

/// What the service is put together from.
extension Service {
    func administration(
        _ store: SQLiteStore, _ rooms: Rooms, _ transport: CurlTransport, _ book: RuleBook,
        _ destinations: DestinationBook, _ strongbox: Strongbox,
        _ endpointSecrets: RotatedSecrets
    ) -> Administrator {
        Administrator(
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
            sourceDesk: sourceDesk(rooms, strongbox), endpointSecrets: endpointSecrets,
            strongbox: strongbox,
            time: time, chance: chance,
            presetKey: configuration.server.adminKey, rehearse: rooms.rehearse,
            publish: rooms.publish,
            tryEndpoint: EndpointTrial(transport, time: time, chance: chance).run,
            tryConnection: ConnectionTrial(transport, time: time, chance: chance).run,
            nudges: .init(
                matching: rooms.wakeMatching.signal, copying: rooms.wakeCopying.signal,
                notifying: rooms.wakeNotifying.signal),
            log: log)
    }

    private func sourceDesk(_ rooms: Rooms, _ strongbox: Strongbox) -> SourceDesk {
        SourceDesk(
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
    }

    func gateway(
        _ store: SQLiteStore, _ rooms: Rooms, _ administration: Administrator
    ) -> HTTPGateway {
        HTTPGateway(
            receive: { await rooms.intake.receive($0, for: $1, secret: $2) },
            administration: administration,
            readiness: { store.condition.trouble.map { ["store: " + $0.words] } ?? [] },
            isExempt: { [proxies = configuration.server.trustedProxies] peer in
                peer.isLoopback
                    || IPAddress(bytes: peer.bytes).map { address in
                        proxies.contains { $0.contains(address) }
                    } ?? false
            }, limits: Self.connectionLimits, time: time, log: log)
    }

    func openStore() throws(ServiceError) -> SQLiteStore {
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

    func housekeeper(_ store: SQLiteStore) -> Housekeeper {
        let retention = configuration.retention
        return Housekeeper(
            store,
            ages: Housekeeper.Ages(
                attempts: retention.attempts, tasks: retention.tasks, events: retention.events,
                keys: retention.keys, triggers: Rule.Limits.cooldownMax,
                audit: retention.audit),
            time: time, log: log)
    }

    func makeTransport(_ policy: EgressPolicy) throws(ServiceError) -> CurlTransport {
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
    func policy(listeningAt bound: BoundAddress) -> EgressPolicy {
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
    func prepare(
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
