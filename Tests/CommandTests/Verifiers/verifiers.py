"""Other people's libraries as judges of what Copyhook sends, and as senders of what it takes in.

Reads one list of jobs, JSON, from standard input and writes one list of answers, in their order.

  {"do": "judge", "by": NAME, "settings": {…}, "request": REQUEST}   ->  {"ok": BOOL, "said": TEXT}
  {"do": "send", "by": NAME, "settings": {…}}                        ->  {"samples": [SAMPLE, …]}

REQUEST is {"method", "target", "headers": [[name, value], …], "body": BASE64}. SAMPLE is
{"name", "key", "ok", "request"}: an event, and whether the library itself takes it. What it says is
its own verdict on exactly these bytes, so that the service can be held against it.

A library that only judges is sent to by the platform's recipe in a few lines of standard Python; a
sample that should be good is one only when the library agrees.
"""

import base64
import copy
import json
import sys
import time

import senders
import judges


def encoded(request):
    return {**request, "body": base64.b64encode(request["body"]).decode()}


def decoded(request):
    return {**request, "body": base64.b64decode(request["body"])}


def send(sender, settings):
    """The good event and its spoilt relatives, each with the library's verdict."""
    now = int(time.time())
    samples = []

    def add(name, request, key=None, **wanted):
        said = ""
        try:
            ok = bool(sender.judge(settings, copy.deepcopy(request)))
        except Exception as trouble:  # Whatever a library raises is its way to refuse.
            ok, said = False, f"{type(trouble).__name__}: {trouble}"
        if "ok" in wanted and wanted["ok"] != ok:
            raise AssertionError(f"{sender.__name__} {name}: {ok} {said}")
        samples.append(
            {"name": name, "key": key, "ok": ok, "said": said, "request": encoded(request)}
        )

    def make(name, settings=settings, at=now):
        key = f"{sender.__name__}-{name}"
        return sender.make(settings, key, at), key

    good, key = make("good")
    add("good", good, key, ok=True)
    add("good again", copy.deepcopy(good), key, ok=True)
    for name, spoilt in sender.spoilt(good):
        add(name, spoilt, ok=False)
    add("another secret", make("other", sender.with_other_secret(settings))[0], ok=False)
    if sender.window:
        add("too old", make("old", at=now - sender.window - 60)[0], ok=False)
        late, key = make("late", at=now - sender.window + 60)
        add("late, but in time", late, key, ok=True)
    return {"samples": samples}


def judge(judge, settings, request):
    try:
        return {"ok": bool(judge(settings, decoded(request))), "said": ""}
    except Exception as trouble:
        return {"ok": False, "said": f"{type(trouble).__name__}: {trouble}"}


def answer(job):
    if job["do"] == "send":
        return send(senders.BY_NAME[job["by"]], job["settings"])
    return judge(judges.BY_NAME[job["by"]], job["settings"], job["request"])


if __name__ == "__main__":
    json.dump([answer(job) for job in json.load(sys.stdin)], sys.stdout)
