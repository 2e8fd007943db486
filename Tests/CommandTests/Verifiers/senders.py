"""Senders of events, each signed by the platform's own library, or judged by it."""

import base64
import copy
import hashlib
import hmac
import json
import os
from datetime import datetime, timezone
from urllib.parse import parse_qs, urlencode, urlsplit

JSON = ["Content-Type", "application/json"]


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def request(body, headers=(), query=None, method="POST"):
    target = "?" + urlencode(query) if query else ""
    return {"method": method, "target": target, "headers": [list(h) for h in headers], "body": body}


def queried(good):
    return {n: v[0] for n, v in parse_qs(urlsplit(good["target"]).query).items()}


class Sender:
    """What the good event, its relatives and the library's verdict are."""

    # Seconds that the library lets pass between signing and judging; None where it does not look.
    window = None
    proof_headers = ()
    proof_parameters = ()
    # Where a byte of the body is changed, from its end.
    place = 6

    @classmethod
    def with_other_secret(cls, settings):
        return {**settings, "secret": settings["other"]}

    @classmethod
    def spoilt(cls, good):
        changed = copy.deepcopy(good)
        place = len(changed["body"]) - cls.place
        byte = b"A" if changed["body"][place:place + 1] != b"A" else b"B"
        changed["body"] = changed["body"][:place] + byte + changed["body"][place + 1:]
        yield "a byte changed", changed
        for name in cls.proof_headers:
            less = copy.deepcopy(good)
            less["headers"] = [h for h in less["headers"] if h[0] != name]
            yield f"without {name}", less
        for name in cls.proof_parameters:
            query = queried(good)
            del query[name]
            yield f"without {name}", {**copy.deepcopy(good), "target": "?" + urlencode(query)}


class standardwebhooks(Sender):
    window = 300
    proof_headers = ("webhook-id", "webhook-timestamp", "webhook-signature")

    @staticmethod
    def make(settings, key, at):
        from standardwebhooks import Webhook

        body = compact({"type": "verifiers.sent", "data": {"n": 9007199254740993, "s": "客服 🤖 and more"}})
        moment = datetime.fromtimestamp(at, tz=timezone.utc)
        signature = Webhook(settings["secret"]).sign(key, moment, body.decode())
        return request(
            body,
            [JSON, ("webhook-id", key), ("webhook-timestamp", str(at)),
             ("webhook-signature", signature)],
        )

    @staticmethod
    def judge(settings, request):
        from standardwebhooks import Webhook

        Webhook(settings["secret"]).verify(request["body"], dict(request["headers"]))
        return True


class slack_sdk(Sender):
    window = 300
    proof_headers = ("X-Slack-Request-Timestamp", "X-Slack-Signature")

    @staticmethod
    def make(settings, key, at):
        from slack_sdk.signature import SignatureVerifier

        body = compact(
            {"type": "event_callback", "team_id": "T1", "event_id": key, "event_time": at,
             "event": {"type": "app_mention", "text": "客服 🤖 and more"}}
        )
        signature = SignatureVerifier(settings["secret"]).generate_signature(
            timestamp=str(at), body=body
        )
        return request(
            body,
            [JSON, ("X-Slack-Request-Timestamp", str(at)), ("X-Slack-Signature", signature)],
        )

    @staticmethod
    def judge(settings, request):
        from slack_sdk.signature import SignatureVerifier

        return SignatureVerifier(settings["secret"]).is_valid_request(
            request["body"], dict(request["headers"])
        )


class stripe(Sender):
    window = 300
    proof_headers = ("Stripe-Signature",)

    @staticmethod
    def make(settings, key, at):
        import stripe as library

        body = compact(
            {"id": key, "object": "event", "type": "invoice.paid", "created": at,
             "api_version": "2025-01-01", "livemode": False, "data": {"object": {"id": "in_1"}}}
        )
        signature = library.WebhookSignature._compute_signature(
            f"{at}.{body.decode()}", settings["secret"]
        )
        return request(body, [JSON, ("Stripe-Signature", f"t={at},v1={signature}")])

    @staticmethod
    def judge(settings, request):
        import stripe as library

        library.Webhook.construct_event(
            request["body"], dict(request["headers"]).get("Stripe-Signature"), settings["secret"]
        )
        return True


class gidgethub(Sender):
    """The library judges only."""

    proof_headers = ("X-Hub-Signature-256",)

    @staticmethod
    def make(settings, key, at):
        body = compact({"action": "opened", "issue": {"number": 1, "title": "客服 🤖 and more"}})
        digest = hmac.new(settings["secret"].encode(), body, hashlib.sha256).hexdigest()
        return request(
            body,
            [JSON, ("X-GitHub-Event", "issues"), ("X-GitHub-Delivery", key),
             ("X-Hub-Signature-256", f"sha256={digest}")],
        )

    @staticmethod
    def judge(settings, request):
        from gidgethub import sansio

        headers = {name.lower(): value for name, value in request["headers"]}
        sansio.Event.from_http(headers, request["body"], secret=settings["secret"])
        return True


class lark(Sender):
    """The library judges only."""

    proof_headers = ("X-Lark-Request-Timestamp", "X-Lark-Request-Nonce", "X-Lark-Signature")

    @staticmethod
    def with_other_secret(settings):
        return {**settings, "encrypt_key": settings["other"]}

    @staticmethod
    def make(settings, key, at):
        event = compact(
            {"schema": "2.0", "header": {
                "event_id": key, "event_type": "verifiers.sent_v1", "create_time": f"{at}000",
                "token": settings["verification_token"], "app_id": "cli_0", "tenant_key": "t0",
            }, "event": {"name": "客服 🤖 and more"}}
        )
        return lark.signed(settings, event, at)

    @staticmethod
    def sealed(settings, event):
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        from cryptography.hazmat.primitives.padding import PKCS7

        vector = os.urandom(16)
        padder = PKCS7(128).padder()
        encryptor = Cipher(
            algorithms.AES(hashlib.sha256(settings["encrypt_key"].encode()).digest()),
            modes.CBC(vector),
        ).encryptor()
        sealed = encryptor.update(padder.update(event) + padder.finalize()) + encryptor.finalize()
        return compact({"encrypt": base64.b64encode(vector + sealed).decode()})

    @staticmethod
    def signed(settings, event, at):
        body = lark.sealed(settings, event)
        digest = hashlib.sha256(
            f"{at}n0nce{settings['encrypt_key']}".encode() + body
        ).hexdigest()
        return request(
            body,
            [JSON, ("X-Lark-Request-Timestamp", str(at)), ("X-Lark-Request-Nonce", "n0nce"),
             ("X-Lark-Signature", digest)],
        )

    @staticmethod
    def judge(settings, request):
        import lark_oapi
        from lark_oapi.core.model import RawRequest

        handler = (
            lark_oapi.EventDispatcherHandler.builder(
                settings["encrypt_key"], settings["verification_token"], lark_oapi.LogLevel.CRITICAL
            )
            .register_p2_customized_event("verifiers.sent_v1", lambda event: None)
            .build()
        )
        raw = RawRequest()
        raw.uri, raw.body, raw.headers = "/", request["body"], dict(request["headers"])
        return handler.do(raw).status_code == 200


class wecom(Sender):
    """Sealed and signed by `wechatpy`."""

    proof_parameters = ("msg_signature", "timestamp", "nonce")
    place = 40

    @staticmethod
    def with_other_secret(settings):
        return {**settings, "token": settings["other"]}

    @staticmethod
    def crypto(settings):
        from wechatpy.enterprise.crypto import WeChatCrypto

        return WeChatCrypto(
            settings["token"], settings["encoding_aes_key"], settings["receiver"]
        )

    @classmethod
    def sealed(cls, settings, message, at):
        """The three parameters, and the sealed text."""
        import xmltodict

        xml = cls.crypto(settings).encrypt_message(message, "n0nce", str(at))
        parts = xmltodict.parse(xml)["xml"]
        query = {"msg_signature": parts["MsgSignature"], "timestamp": str(at), "nonce": "n0nce"}
        return query, parts["Encrypt"]

    @classmethod
    def make(cls, settings, key, at):
        message = (
            f"<xml><ToUserName><![CDATA[{settings['receiver']}]]></ToUserName>"
            f"<CreateTime>{at}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            f"<Content><![CDATA[客服 🤖 <b> & co]]></Content><MsgId>{key}</MsgId></xml>"
        )
        query, sealed = cls.sealed(settings, message, at)
        body = (
            f"<xml><ToUserName><![CDATA[{settings['receiver']}]]></ToUserName>"
            f"<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        )
        return request(body.encode(), [("Content-Type", "text/xml")], query)

    @classmethod
    def judge(cls, settings, request):
        query = queried(request)
        cls.crypto(settings).decrypt_message(
            request["body"], query["msg_signature"], query["timestamp"], query["nonce"]
        )
        return True


class dingtalk(wecom):
    """The same cipher in another wrapper, and with the event's own type and no key."""

    place = 20

    @classmethod
    def make(cls, settings, key, at):
        message = compact({"EventType": key, "TimeStamp": at * 1000, "UserId": ["客服 🤖"]})
        query, sealed = cls.sealed(settings, message.decode(), at * 1000)
        return request(compact({"encrypt": sealed}), [JSON], query)

    @classmethod
    def judge(cls, settings, request):
        query = queried(request)
        cls.crypto(settings).check_signature(
            query["msg_signature"], query["timestamp"], query["nonce"],
            json.loads(request["body"])["encrypt"],
        )
        return True


class cloudevents(Sender):
    """Events of the specification's own library; a bearer token proves them."""

    @staticmethod
    def make(settings, key, at, mode="binary"):
        from cloudevents.core.bindings import http
        from cloudevents.core.formats.json import JSONFormat
        from cloudevents.core.v1.event import CloudEvent

        event = CloudEvent(
            attributes={
                "id": key, "source": "urn:verifiers", "type": "verifiers.sent",
                "specversion": "1.0", "time": datetime.fromtimestamp(at, tz=timezone.utc),
                "datacontenttype": "application/json", "subject": "客服 🤖 100%",
            },
            data={"n": 1, "name": "客服 🤖 and more"},
        )
        make = http.to_binary_event if mode == "binary" else http.to_structured_event
        message = make(event, JSONFormat())
        return request(
            bytes(message.body),
            [*message.headers.items(), ("Authorization", f"Bearer {settings['secret']}")],
        )

    @staticmethod
    def spoilt(good):
        # Without an id the library makes one; we do not.
        for name in ("ce-type", "ce-source", "Authorization"):
            less = copy.deepcopy(good)
            less["headers"] = [h for h in less["headers"] if h[0].lower() != name.lower()]
            yield f"without {name}", less

    @staticmethod
    def judge(settings, request):
        from cloudevents.core.bindings import http
        from cloudevents.core.formats.json import JSONFormat

        headers = dict(request["headers"])
        event = http.from_http_event(
            http.HTTPMessage(headers=headers, body=request["body"]), JSONFormat()
        )
        return (
            headers.get("Authorization") == f"Bearer {settings['secret']}"
            and event.get_specversion() == "1.0"
        )


class cloudevents_structured(cloudevents):
    @staticmethod
    def make(settings, key, at):
        return cloudevents.make(settings, key, at, "structured")

    @staticmethod
    def spoilt(good):
        for name in ("type", "source"):
            body = json.loads(good["body"])
            del body[name]
            yield f"without {name}", {**copy.deepcopy(good), "body": compact(body)}


BY_NAME = {
    sender.__name__: sender
    for sender in (
        standardwebhooks, slack_sdk, stripe, gidgethub, lark, wecom, dingtalk, cloudevents,
        cloudevents_structured,
    )
}
