/// Why a text is not accepted as JSON, and where.
package struct JSONRefusal: Error, Hashable, Sendable {
    package enum Code: String, Hashable, Sendable {
        /// Something else stands where the grammar asks for a value, a key or a separator.
        case syntax
        /// The text ends in the middle of a value, or holds none at all.
        case unexpectedEnd
        /// Bytes that are not UTF-8: overlong, surrogate, beyond U+10FFFF, cut off.
        case notUTF8
        /// The document starts with a byte order mark (U+FEFF, or one of UTF-16).
        case byteOrderMark
        case tooDeep
        case tooManyValues
        case tooLarge
        case stringTooLong
        case numberTooLong
        /// An object names a member twice.
        case doubledKey
        /// A `\u` escape for one half of a surrogate pair without the other half.
        case loneSurrogate
        /// Something other than white space follows the value.
        case trailingBytes
    }

    package let code: Code
    /// Bytes before the place, from 0.
    package let offset: Int
    /// From 1; lines end with a line feed.
    package let line: Int
    /// From 1, in characters (Unicode scalars) of the line.
    package let column: Int
    /// What is wrong and what would be accepted; never repeats the text, which may be secret.
    package let detail: String

    package init(code: Code, offset: Int, line: Int, column: Int, detail: String) {
        self.code = code
        self.offset = offset
        self.line = line
        self.column = column
        self.detail = detail
    }
}

extension JSONRefusal: CustomStringConvertible {
    package var description: String { "line \(line), column \(column): \(detail)" }
}
