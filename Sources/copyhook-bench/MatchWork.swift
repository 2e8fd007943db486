import Foundation
import Rules
import StrictJSON

/// Patterns and the events that are held against them.
struct MatchWork {
    enum Kind: String, CaseIterable {
        case exact, prefix, suffix, wildcard, numeric
        case anythingBut = "anything-but"
        case ignoreCase = "ignore-case"
        case mixed
    }

    let name: String
    /// As they were written.
    let patterns: [[UInt8]]
    let events: [[UInt8]]
    /// By event, the places of the patterns that it must match, where that is known.
    var expected: [Int: [Int]] = [:]

    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    var meanBytes: Int { events.reduce(0) { $0 + $1.count } / events.count }
    var textBytes: Int { patterns.reduce(0) { $0 + $1.count } }

    func read() throws -> [(Int, Pattern)] {
        try patterns.enumerated().map { number, text in
            do throws(PatternRefusal) {
                return (number, try Pattern(parsing: text))
            } catch {
                throw Unreadable(description: "\(name), pattern \(number + 1): \(error)")
            }
        }
    }

    /// A pattern that is not among them.
    func oneMore() throws -> Pattern {
        try Pattern(parsing: Array(#"{"type":["bot.archived"],"entity":{"id":["bot_x"]}}"#.utf8))
    }

    init(name: String, patterns: [String], events: [[UInt8]]) {
        self.name = name
        self.patterns = patterns.map { Array($0.utf8) }
        self.events = events
    }

    /// From files, see the help text of `match`.
    init(event: String, patterns path: String) throws {
        name = (path as NSString).lastPathComponent
        events = [try Self.bytes(of: event)]
        var ids: [String?] = []
        patterns = try Self.bytes(of: path).split(separator: UInt8(ascii: "\n")).map { line in
            // As long as a pattern may be; what is wrong with it the pattern says.
            let json = try? JSONValue(parsing: Array(line), limits: .match)
            let pattern = json?["pattern"]?.object
            ids.append(pattern == nil ? nil : json?["id"]?.string)
            return pattern.map { JSONValue.object($0).bytes() } ?? Array(line)
        }
        guard !patterns.isEmpty else { throw Unreadable(description: "\(path): no pattern in it") }
        guard let lines = try? Self.bytes(of: path + ".expect") else { return }
        if let line = ids.firstIndex(of: nil) {
            throw Unreadable(
                description: "\(path): line \(line + 1) is not {\"id\": …, \"pattern\": …}, so "
                    + "that no answer can be held against \(path).expect")
        }
        let wanted = Set(
            String(decoding: lines, as: UTF8.self).split(separator: "\n").map(String.init))
        expected[0] = ids.indices.filter { ids[$0].map(wanted.contains) == true }
    }

    private static func bytes(of path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Unreadable(description: "\(path): cannot be read")
        }
        return Array(data)
    }
}

// MARK: - What is made up

extension MatchWork {
    /// Every row of the usual run; fewer where kinds or numbers of rules are asked for.
    static func matrix(kinds: [Kind], counts: [Int]) -> [MatchWork] {
        let isWhole = kinds.isEmpty && counts.isEmpty
        let usual = (0..<499).map { usualEvent($0 * 197 % 100_000) }
        var works: [MatchWork] = []
        for kind in kinds.isEmpty ? Kind.allCases : kinds {
            for count in counts.isEmpty ? [1, 100, 10_000, 100_000] : counts {
                works.append(
                    MatchWork(
                        name: "\(kind.rawValue), \(count) rules",
                        patterns: (0..<count).map { pattern(kind, $0) }, events: usual))
            }
        }
        return isWhole ? works + shapes + worstCases(usual) + nearMisses : works
    }

    private static func mixed(_ count: Int) -> [String] { (0..<count).map { pattern(.mixed, $0) } }

    /// The same rules on events of other sizes and with arrays.
    private static var shapes: [MatchWork] {
        var works = [
            MatchWork(
                name: "event of 0.5 KB, mixed", patterns: mixed(10_000),
                events: (0..<499).map { smallEvent($0) }),
            MatchWork(
                name: "event of 100 KB, mixed", patterns: mixed(10_000),
                events: [largeEvent(elements: 300)]),
            MatchWork(
                name: "event of 1 MB, mixed", patterns: mixed(10_000),
                events: [largeEvent(elements: 3_000)]),
        ]
        for elements in [10, 100, 1_500, 3_000] {
            works.append(
                MatchWork(
                    name: "array of \(elements) objects, two members of one each",
                    patterns: (0..<1_000).map {
                        #"{"items":{"id":["item_\#($0)"],"state":["ready"]}}"#
                    }, events: [largeEvent(elements: elements)]))
        }
        return works
    }

    /// Rules each of which the event nearly answers: more of them cost more.
    private static var nearMisses: [MatchWork] {
        let pairs = (0..<5_000).map { #"{"n":\#(1_000 + $0),"m":\#(9_000 - $0)}"# }
        let excluded = (0..<1_000).map { "\"bot_x\($0)\"" }.joined(separator: ",")
        return [
            MatchWork(
                name: "3 000 objects, 1 000 rules that ask for an absence in one of them",
                patterns: (0..<1_000).map {
                    #"{"items":{"id":["item_\#($0)"],"gone":[{"exists":false}]}}"#
                }, events: [largeEvent(elements: 3_000)]),
            MatchWork(
                name: "the same, and what must be absent is there",
                patterns: (0..<1_000).map {
                    #"{"items":{"id":["item_\#($0)"],"note":[{"exists":false}]}}"#
                }, events: [largeEvent(elements: 3_000)]),
            MatchWork(
                name: "3 000 objects, 1 000 rules whose two members are never of one",
                patterns: (0..<1_000).map {
                    #"{"items":{"id":["item_\#($0 * 2)"],"state":["draft"]}}"#
                }, events: [largeEvent(elements: 3_000)]),
            MatchWork(
                name: "100 rules, each anything but 1 000 values",
                patterns: (0..<100).map {
                    #"{"entity":{"id":[{"anything-but":["bot_y\#($0)",\#(excluded)]}]}}"#
                }, events: [usualEvent(7)]),
            MatchWork(
                name: "301 objects beside a dotted key to their place, 50 rules on three members",
                patterns: (0..<50).map {
                    #"{"data":{"items":{"n":[1],"m":[2],"k":["\#($0)"]}}}"#
                }, events: [dottedEvent]),
            MatchWork(
                name: "3 000 objects, 51 000 rules, seventeen on the id of each",
                patterns: (0..<51_000).map {
                    #"{"items":{"id":["item_\#($0 % 3_000)"],"state":["s\#($0 / 3_000)"]}}"#
                }, events: [largeEvent(elements: 3_000)]),
            MatchWork(
                name: "4 000 objects in 60 arrays inside one another, two members of one",
                patterns: [#"{"all":{"n":[1],"m":[2]}}"#], events: [nestedEvent]),
            MatchWork(
                name: "10 000 numbers, 300 rules with bounds on two of them",
                patterns: (0..<300).map { number in
                    let more = #"[{"numeric":[">",\#(number)]}]"#
                    return #"{"all":{"n":\#(more),"m":\#(more)}}"#
                }, events: [Array(#"{"all":[\#(pairs.joined(separator: ","))]}"#.utf8)]),
        ]
    }

    private static var dottedEvent: [UInt8] {
        let objects = (0..<300).map { #"{"n":1,"k":"\#($0 % 50)"},"# }.joined()
        return Array(#"{"data":{"items":[\#(objects){"m":2}]},"data.items":5}"#.utf8)
    }

    private static var nestedEvent: [UInt8] {
        let objects = (0..<4_000).map { $0 % 2 == 0 ? #"{"n":1}"# : #"{"m":2}"# }
        let (start, end) = (String(repeating: "[", count: 60), String(repeating: "]", count: 60))
        return Array(#"{"all":\#(start)\#(objects.joined(separator: ","))\#(end)}"#.utf8)
    }

    private static func worstCases(_ usual: [[UInt8]]) -> [MatchWork] {
        let deep =
            String(repeating: #"{"a":"#, count: 60) + #"["x"]"# + String(repeating: "}", count: 60)
        let deepEvent =
            String(repeating: #"{"b":[1,2,3],"a":"#, count: 60) + #""x""#
            + String(repeating: "}", count: 60)
        return [
            MatchWork(
                name: "all of 1 000 rules match",
                patterns: (0..<1_000).map {
                    #"{"type":["bot.published"],"entity":{"id":[{"anything-but":"\#($0)"}]}}"#
                }, events: usual),
            MatchWork(
                name: "60 levels deep", patterns: [deep], events: [Array(deepEvent.utf8)]),
            MatchWork(
                name: "1 000 wildcards that share all but a number",
                patterns: (0..<1_000).map {
                    #"{"data":{"path":[{"wildcard":"*/*b*o*t_\#($0)/*"}]}}"#
                },
                events: usual),
            MatchWork(
                name: "1 000 wildcards of two letters",
                patterns: (0..<1_000).map { number in
                    let letters = [number / 36, number % 36].map { String($0, radix: 36) }
                    return #"{"data":{"note":[{"wildcard":"*\#(letters[0])*\#(letters[1])*"}]}}"#
                }, events: usual),
        ]
    }

    private static func pattern(_ kind: Kind, _ number: Int) -> String {
        let type = #""type":["bot.published"]"#
        switch kind {
        case .exact: return #"{\#(type),"entity":{"type":["bot"],"id":["bot_\#(number)"]}}"#
        case .prefix: return #"{\#(type),"entity":{"id":[{"prefix":"bot_\#(number)"}]}}"#
        case .suffix: return #"{\#(type),"entity":{"id":[{"suffix":"_\#(number)"}]}}"#
        case .wildcard: return #"{"data":{"path":[{"wildcard":"published/*/bot_\#(number)/*"}]}}"#
        case .numeric:
            return #"{\#(type),"data":{"size":[{"numeric":[">=",\#(number),"<",\#(number + 1)]}]}}"#
        case .anythingBut:
            return
                #"{"type":[{"anything-but":["bot.deleted"]}],"entity":{"id":["bot_\#(number)"]}}"#
        case .ignoreCase:
            return #"{\#(type),"entity":{"id":[{"equals-ignore-case":"BOT_\#(number)"}]}}"#
        case .mixed:
            let kinds = Kind.allCases.dropLast()
            return pattern(kinds[number % kinds.count], number)
        }
    }
}
