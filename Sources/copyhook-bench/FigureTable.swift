import Foundation
import StrictJSON

/// One row of figures, each under its name.
struct Figures {
    let name: String
    private(set) var values: [(name: String, value: Double?)] = []

    init(_ name: String) { self.name = name }

    mutating func note(_ name: String, _ value: Double?) { values.append((name, value)) }
    mutating func note(_ name: String, _ value: Int?) { note(name, value.map { Double($0) }) }
}

/// Prints rows as they come: JSON at once, a table with columns that fit at the end.
struct FigureTable {
    private let asJSON: Bool
    private var rows: [Figures] = []

    init(asJSON: Bool) { self.asJSON = asJSON }

    mutating func add(_ row: Figures) {
        guard asJSON else {
            rows.append(row)
            return
        }
        var object: JSONObject = ["name": .string(row.name)]
        for (name, value) in row.values {
            object[name.replacing(" ", with: "_")] = value.flatMap(Self.number) ?? .null
        }
        print(String(decoding: JSONValue.object(object).bytes(), as: UTF8.self))
    }

    func finish() {
        guard let first = rows.first else { return }
        let header = ["what"] + first.values.map(\.name)
        let cells = rows.map { [$0.name] + $0.values.map { Self.cell($0.value) } }
        let widths = header.indices.map { column in
            ([header] + cells).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        for row in [header] + cells {
            let line = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }
            print(line.joined(separator: "  "))
        }
    }

    /// A whole number as one.
    private static func number(_ value: Double) -> JSONValue? {
        if let whole = Int64(exactly: value) { return .number(JSONNumber(whole)) }
        return JSONNumber(value).map { .number($0) }
    }

    private static func cell(_ value: Double?) -> String {
        guard let value else { return "-" }
        if value == value.rounded(), abs(value) < 1e15 { return grouped(Int(value)) }
        return String(format: value < 10 ? "%.3f" : "%.1f", value)
    }

    /// As in `1 234 567`.
    private static func grouped(_ number: Int) -> String {
        let digits = String(number)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3),
                digits[digits.index(digits.startIndex, offsetBy: index - 1)] != "-"
            {
                text += " "
            }
            text.append(digit)
        }
        return text
    }
}

func standardError(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
}
