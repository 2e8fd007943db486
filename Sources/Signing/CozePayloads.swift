package import Domain
package import StrictJSON

/// `event` of `bot.published`, `bot.unpublished` and `bot.deleted`.
///
/// Sections 4.2 to 4.4.
package struct CozeBotChange: Hashable, Sendable {
    /// `bot_id_str` or `bot_id`, text or integer; which one is on the wire is not confirmed.
    package let botID: String?
    package let botName: String?
    package let description: String?
    /// `space_id`; normal delivery only.
    package let workspaceID: String?
    /// The published version, digits; `bot.published` only.
    package let version: String?
    /// `user_id_str` or `user_id`: who published.
    package let userID: String?
    package let userName: String?
    /// The publisher's id in the channel; channel delivery with channel OAuth only.
    package let connectorUserID: String?
    /// The channel that the bot left; `bot.unpublished` only.
    ///
    /// Not `header.connector_id`.
    package let connectorID: String?

    init(_ event: JSONValue) {
        botID = event["bot_id_str"]?.exactID ?? event["bot_id"]?.exactID
        botName = event["bot_name"]?.storableText
        description = event["description"]?.storableText
        workspaceID = event["space_id"]?.exactID
        version = event["version"]?.exactID
        userID = event["user_id_str"]?.exactID ?? event["user_id"]?.exactID
        userName = event["user_name"]?.storableText
        connectorUserID = event["connector_user_id"]?.exactID
        connectorID = event["connector_id"]?.exactID
    }
}

/// `event` of `benefit.usage`: a bill after a conversation.
///
/// Section 4.5.
package struct CozeBenefitUsage: Hashable, Sendable {
    package let id: String?
    /// Seconds on the wire, unlike the header's time.
    package let consumedAt: Timestamp?
    package let recordRootID: String?
    package let connectorID: String?
    package let connectorUserID: String?
    package let deviceID: String?
    package let customConsumer: String?
    package let workspaceID: String?
    /// 1 bot, 2 workflow, 3 plugin, 4 app, 5 model, 6 voice, 101 code project, 111 to 115 agents.
    package let rootEntityType: Int64?
    package let rootEntityID: String?
    /// A decimal, as text.
    package let changeBalance: String?
    /// 2 resource points, 3 and 4 voice minutes.
    package let balanceType: Int64?
    /// 1 model, 2 plugin, 3 voice, 4 RTC.
    package let resourceType: Int64?
    package let resourceID: String?
    /// In the printed example, not in the field table.
    package let costAccountID: String?
    package let modelID: String?
    package let modelInputTokens: Int64?
    package let modelOutputTokens: Int64?
    package let speechCharacters: Int64?
    package let speechCount: Int64?
    /// Milliseconds on the wire.
    package let recognizedAudio: Duration?
    /// Milliseconds on the wire.
    package let callDuration: Duration?
    /// Seconds on the wire; 0 where there was no call.
    package let callBegan: Timestamp?
    package let callEnded: Timestamp?

    init(_ event: JSONValue) {
        id = event["id"]?.exactID
        consumedAt = event["consume_time"]?.seconds
        recordRootID = event["record_root_id"]?.exactID
        connectorID = event["connector_id"]?.exactID
        connectorUserID = event["connector_uid"]?.exactID
        deviceID = event["device_id"]?.exactID
        customConsumer = event["custom_consumer"]?.exactID
        workspaceID = event["space_id"]?.exactID
        rootEntityType = event["root_entity_type"]?.number?.int64
        rootEntityID = event["root_entity_id"]?.exactID
        changeBalance = event["change_balance"]?.text
        balanceType = event["balance_type"]?.number?.int64
        resourceType = event["resource_type"]?.number?.int64
        resourceID = event["resource_id"]?.exactID
        costAccountID = event["cost_account_id"]?.exactID
        modelID = event["model_id"]?.exactID
        modelInputTokens = event["model_input_token"]?.number?.int64
        modelOutputTokens = event["model_output_token"]?.number?.int64
        speechCharacters = event["tts_char_num"]?.number?.int64
        speechCount = event["tts_count"]?.number?.int64
        recognizedAudio = event["asr_audio_length"]?.number?.int64.map(Duration.milliseconds)
        callDuration = event["rtc_duration"]?.number?.int64.map(Duration.milliseconds)
        callBegan = event["rtc_begin_time"]?.seconds
        callEnded = event["rtc_end_time"]?.seconds
    }
}

/// `event` of the two plugin quota events.
///
/// Section 4.6.
package struct CozePluginScale: Hashable, Sendable {
    package let applyID: String?
    /// The plugin.
    package let resourceID: String?
    package let applicantID: String?
    package let applicantName: String?
    /// `QPS` is the only one documented.
    package let extensionType: String?
    /// Requested only; seconds on the wire.
    package let beginsAt: Timestamp?
    package let endsAt: Timestamp?
    /// Requested only; the exact number.
    package let usageIn30Days: JSONNumber?
    package let originCapacity: JSONNumber?
    package let targetCapacity: JSONNumber?
    /// Expired only.
    package let expiredCapacity: JSONNumber?
    package let currentCapacity: JSONNumber?

    init(_ event: JSONValue) {
        applyID = event["apply_id"]?.exactID
        resourceID = event["resource_id"]?.exactID
        applicantID = event["applicant_info"]?["user_id"]?.exactID
        applicantName = event["applicant_info"]?["user_name"]?.storableText
        extensionType = event["extension_type"]?.string
        beginsAt = event["begin_at"]?.seconds
        endsAt = event["end_at"]?.seconds
        usageIn30Days = event["usage_in_30d"]?.number
        originCapacity = event["origin_capacity"]?.number
        targetCapacity = event["target_capacity"]?.number
        expiredCapacity = event["expired_capacity"]?.number
        currentCapacity = event["current_capacity"]?.number
    }
}

extension JSONValue {
    /// The latest moment that RFC 3339 can write, 9999-12-31T23:59:59.999Z.
    private static let millisecondsMax: Int64 = 253_402_300_799_999

    /// A moment given in milliseconds since 1970, as an integer or as its digits.
    var milliseconds: Timestamp? {
        guard let digits = exactID, let value = Int64(digits),
            (0...Self.millisecondsMax).contains(value)
        else { return nil }
        return Timestamp(milliseconds: value)
    }

    /// A moment given in seconds since 1970, as an integer or as its digits.
    var seconds: Timestamp? {
        guard let digits = exactID, let value = Int64(digits),
            (0...Self.millisecondsMax / 1_000).contains(value)
        else { return nil }
        return Timestamp(milliseconds: value * 1_000)
    }
}
