import StrictJSON

/// The effective configuration as it grows while the file is read; secrets never enter it.
final class EffectiveNode {
    private var children: [(step: SettingPath.Step, node: EffectiveNode)] = []
    private var value: JSONValue = .null

    /// Puts a value; one that is there already is replaced.
    func set(_ value: JSONValue, at path: SettingPath) {
        path.steps.reduce(self) { $0.child($1) }.value = value
    }

    private func child(_ step: SettingPath.Step) -> EffectiveNode {
        if let known = children.first(where: { $0.step == step }) { return known.node }
        let node = EffectiveNode()
        children.append((step, node))
        return node
    }

    var json: JSONValue {
        guard let first = children.first else { return value }
        if case .index = first.step { return .array(children.map(\.node.json)) }
        return .object(
            JSONObject(
                children.compactMap { step, node in
                    if case .key(let key) = step { (key, node.json) } else { nil }
                }))
    }
}
