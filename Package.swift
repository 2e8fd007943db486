// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

func room(
    _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

func command(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

// What we did not write, by the names that the targets below use.
let arguments: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let yaml: Target.Dependency = .product(name: "Yams", package: "Yams")

// What is part of the program and is not Swift.
let apiDescription: Resource = .embedInCode("openapi.yaml")

// Lowest row first. A target imports only from rows below its own; `Architecture.md` in `Domain`
// draws the picture.
let package = Package(
    name: "copyhook",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // Row 0
        room("StrictJSON"),
        room("Domain", ["StrictJSON"]),
        .target(name: "CAllocations"),
        .systemLibrary(name: "CBlocks"),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl"),
        .systemLibrary(name: "CProcess"),
        // Row 1
        room("Rules", ["CBlocks", "StrictJSON", "Domain"]),
        room("Signing", ["StrictJSON", "Domain", crypto, cryptoExtras]),
        room("Storage", ["StrictJSON", "Domain", crypto]),
        room("Transport", ["Domain"]),
        // Row 2
        room("Pipeline", ["Domain", "Storage", logging]),
        room("Sealing", ["StrictJSON", "Domain", "Signing", "Storage"]),
        room("Providers", ["StrictJSON", "Domain", "Signing", "Transport"]),
        room("Channels", ["StrictJSON", "Domain", "Signing", "Transport", mustache]),
        room("StorageMemory", ["StrictJSON", "Domain", "Storage"]),
        room("StorageSQLite", ["StrictJSON", "Domain", "Storage", crypto, grdb, grdbSQLite]),
        room("TransportCurl", ["Domain", "Transport", "CCurl"]),
        room("Settings", ["StrictJSON", "Domain", "Rules", "Signing", "Transport", yaml]),
        // Row 3
        room("Intake", ["StrictJSON", "Domain", "Signing", "Storage", "Pipeline", logging]),
        room(
            "Matching",
            ["StrictJSON", "Domain", "Rules", "Signing", "Storage", "Pipeline", logging]),
        room(
            "Copying",
            [
                "StrictJSON", "Domain", "Signing", "Storage", "Transport", "Pipeline", "Sealing",
                "Providers", logging,
            ]),
        room(
            "Notifying",
            [
                "StrictJSON", "Domain", "Signing", "Storage", "Transport", "Pipeline", "Channels",
                logging,
            ]),
        room(
            "Administration",
            [
                "StrictJSON", "Domain", "Rules", "Signing", "Storage", "Transport", "Sealing",
                "Settings", logging,
            ]),
        // Row 4
        room(
            "Gateway",
            [
                "StrictJSON", "Domain", "Signing", "Transport", "Intake", "Administration",
                hummingbirdCore, httpTypes, nioCore, nioHTTP1, nioPosix, logging,
            ], resources: [apiDescription]),
        // Row 5
        room(
            "App",
            [
                "StrictJSON", "Domain", "CProcess", "Rules", "Signing", "Storage", "Transport",
                "Pipeline", "Sealing", "Providers", "Channels", "StorageSQLite", "TransportCurl",
                "Settings", "Intake", "Matching", "Copying", "Notifying", "Administration",
                "Gateway", logging,
            ]),
        room("Simulation", ["StrictJSON", "Domain", "Signing", "Transport"]),
        room("SimulationServer", ["Domain", "Simulation", nioCore, nioHTTP1, nioPosix]),
        room(
            "Worlds",
            [
                "StrictJSON", "Domain", "Rules", "Signing", "Storage", "StorageMemory",
                "Transport", "Pipeline", "Providers", "Channels", "Intake", "Matching",
                "Copying", "Notifying", "Administration", "Simulation", logging,
            ]),
        // Row 6
        command(
            "copyhook",
            [
                "StrictJSON", "Domain", "Rules", "Signing", "Transport", "TransportCurl",
                "Pipeline", "Sealing", "StorageSQLite", "Settings", "Administration", "App",
                "Simulation", "SimulationServer", "Storage", "Worlds", arguments, logging,
            ]),
        command(
            "copyhook-bench",
            [
                "CAllocations", "StrictJSON", "Domain", "Rules", "Storage", "StorageSQLite",
                "Administration", arguments, logging,
            ]),
        command("copyhook-fuzz", ["StrictJSON", "Domain", "Rules", arguments]),
        // Tests, in the same order
        tests("StrictJSON", ["StrictJSON"]),
        tests("Domain", ["StrictJSON", "Domain"]),
        tests("Rules", ["StrictJSON", "Domain", "Rules"], exclude: ["Mistakes.md"]),
        tests("Signing", ["StrictJSON", "Domain", "Signing", crypto]),
        tests(
            "Storage",
            ["StrictJSON", "Domain", "Storage", "StorageMemory", "StorageSQLite", grdb]),
        tests("Pipeline", ["Domain", "Storage", "Pipeline", logging]),
        tests("Sealing", ["Domain", "Signing", "Storage", "Sealing", "StorageMemory"]),
        tests("Providers", ["StrictJSON", "Domain", "Signing", "Transport", "Providers"]),
        tests(
            "Channels", ["StrictJSON", "Domain", "Signing", "Transport", "Channels"],
            exclude: ["Golden"]),
        tests(
            "Transport",
            ["Domain", "Transport", "TransportCurl", nioCore, nioHTTP1, nioPosix]),
        tests("Settings", ["StrictJSON", "Domain", "Rules", "Signing", "Transport", "Settings"]),
        tests(
            "Rooms",
            [
                "StrictJSON", "Domain", "Rules", "Signing", "Storage", "Transport", "Pipeline",
                "Sealing", "Providers", "Channels", "StorageMemory", "Settings", "Intake",
                "Matching", "Copying", "Notifying", "Administration", "Simulation", logging,
            ]),
        tests(
            "Gateway",
            [
                "StrictJSON", "Domain", "Rules", "Signing", "Storage", "StorageMemory",
                "Transport", "TransportCurl", "Pipeline", "Sealing", "Settings", "Intake",
                "Administration", "Simulation", "Gateway", nioCore, nioHTTP1, nioPosix, logging,
                yaml,
            ]),
        tests("App", ["Domain", "App", logging]),
        tests(
            "Simulation",
            ["StrictJSON", "Domain", "Signing", "Transport", "Simulation", "SimulationServer"]),
        tests("Worlds", ["Worlds"]),
        tests(
            "Command",
            [
                "StrictJSON", "Domain", "Signing", "Transport", "TransportCurl", "Settings",
                "Simulation", "copyhook",
            ],
            // Libraries that stand between the service and the system, built by their tests; and
            // programs that ask other people's libraries.
            exclude: ["Preloads", "Verifiers"]),
        tests("House"),
    ],
    swiftLanguageModes: [.v6]
)
