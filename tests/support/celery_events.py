"""Workers and tasks that are none: captured events under other names, on a real Redis.

A thousand real workers would take an hour to come and go, a million tasks as long. What the
exporter gets is what Celery sent, except for the names, the ids and the times.
"""

import base64
import json
import time

from .processes import ROOT

_DATA = ROOT / "tests/data/celery"


def _templates():
    """Of each type of event one as Celery sent it."""
    lines = (_DATA / "redis-c563-events-decoded.jsonl").read_text().splitlines()
    events = [json.loads(line)["event"] for line in lines]
    return {event["type"]: event for event in events}


_TEMPLATES = _templates()
_ENVELOPE = json.loads((_DATA / "redis-c563-ev-task-multi-2.json").read_text())


_last = 0


def _now():
    """Later than ever before: Python makes events faster than this clock ticks."""
    global _last
    _last = max(time.time(), _last + 1e-6)
    return _last


def event(kind, hostname, **fields):
    """A captured event of the kind, with these fields in place of its own; happened now."""
    return {**_TEMPLATES[kind], "hostname": hostname, "timestamp": _now(), **fields}


def task_life(hostname, uuid, name="shop.add", queue="orders", ends="task-succeeded"):
    """The events of one task: its sender's, and the worker's."""
    sent = event("task-sent", f"gen77@{hostname.rpartition('@')[2]}", uuid=uuid, name=name,
                 queue=queue, routing_key=queue)
    return sent, [event("task-received", hostname, uuid=uuid, name=name),
                  event("task-started", hostname, uuid=uuid),
                  event(ends, hostname, uuid=uuid)]


def publication(body, database=0):
    """The command that sends an event, or an array of them, as kombu would."""
    key = "task.multi" if isinstance(body, list) else body["type"].replace("-", ".", 1)
    envelope = {**_ENVELOPE, "body": base64.b64encode(json.dumps(body).encode()).decode()}
    return "PUBLISH", f"/{database}.celeryev/{key}", json.dumps(envelope)


def publish(client, *bodies):
    """Sends them in one go; the number of subscribers that got the last."""
    return client.ask_all(*map(publication, bodies))[-1]
