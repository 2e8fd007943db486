"""Judges of single requests and answers that Copyhook made."""

import base64
import json
from unittest import mock
from urllib.parse import parse_qs, urlsplit


def header(request, name):
    values = [v for n, v in request["headers"] if n.lower() == name.lower()]
    if len(values) != 1:
        raise ValueError(f"{name} occurs {len(values)} times")
    return values[0]


def standard_webhooks(settings, request):
    from standardwebhooks import Webhook

    Webhook(settings["secret"]).verify(request["body"], dict(request["headers"]))
    return True


def ed25519(settings, request):
    """The asymmetric form has no judge in `standardwebhooks`: its recipe over `cryptography`."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = Ed25519PublicKey.from_public_bytes(
        base64.b64decode(settings["key"].removeprefix("whpk_"))
    )
    signed = (
        f"{header(request, 'webhook-id')}.{header(request, 'webhook-timestamp')}.".encode()
        + request["body"]
    )
    version, signature = header(request, "webhook-signature").split(",")
    if version != "v1a":
        raise ValueError(version)
    key.verify(base64.b64decode(signature), signed)
    return True


def cloud_event(settings, request):
    """Reads it as an event of version 1.0, and finds in it what the settings name."""
    from cloudevents.core.bindings.http import HTTPMessage, from_http_event

    event = from_http_event(HTTPMessage(headers=dict(request["headers"]), body=request["body"]))
    found = {"type": event.get_type(), "id": event.get_id(), "source": event.get_source()}
    wrong = {name: found[name] for name, value in settings.items() if found.get(name) != value}
    if wrong:
        raise ValueError(f"{wrong}")
    return event.get_data() is not None


def dingtalk_robot(settings, request):
    """The robot's address as `DingtalkChatbot` signs it, at the time that the request names."""
    from dingtalkchatbot import chatbot

    query = parse_qs(urlsplit(request["target"]).query, strict_parsing=True)
    (timestamp,), (sign,) = query["timestamp"], query["sign"]
    with mock.patch.object(chatbot.time, "time", lambda: int(timestamp) / 1000):
        robot = chatbot.DingtalkChatbot(
            "https://oapi.dingtalk.com/robot/send?access_token=x", secret=settings["secret"]
        )
    due = parse_qs(urlsplit(robot.webhook).query, strict_parsing=True)
    json.loads(request["body"])
    return due["sign"] == [sign] and due["timestamp"] == [timestamp]


def dingtalk_answer(settings, request):
    """What DingTalk is answered: a sealed word, by the cipher of `wechatpy`."""
    from wechatpy.enterprise.crypto import WeChatCrypto

    crypto = WeChatCrypto(settings["token"], settings["encoding_aes_key"], settings["receiver"])
    body = json.loads(request["body"])
    word = crypto.check_signature(
        body["msg_signature"], body["timeStamp"], body["nonce"], body["encrypt"]
    )
    return (word.decode() if isinstance(word, bytes) else word) == settings["word"]


BY_NAME = {
    "standardwebhooks": standard_webhooks,
    "cryptography": ed25519,
    "cloudevents": cloud_event,
    "DingtalkChatbot": dingtalk_robot,
    "wechatpy": dingtalk_answer,
}
