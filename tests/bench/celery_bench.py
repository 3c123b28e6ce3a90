#!/usr/bin/python3
"""What Celery's queues and events cost the exporter, on a real Redis.

Exits 1 above a limit of the project. The tasks are captured events under other ids. Beside it
stands celery-exporter's page of the same queues, where EXPORTER_PEER_CELERY names a command.
"""

import base64
import contextlib
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import celery_page as shown  # noqa: E402
from support import celery_peer  # noqa: E402
from support.celery_events import publication, task_life  # noqa: E402
from support.exporter import Exporter  # noqa: E402
from support.processes import ROOT  # noqa: E402
from support.redis_servers import RedisServer  # noqa: E402

QUEUES = 20
WAITING = 5000   # In each.
COLLECTIONS = 100
TASKS = 1_000_000
BATCH = 20_000   # Awaited, so that Redis never has to drop a slow reader.
MESSAGE_TASKS = 8

DEPTH_LIMIT = 0.001   # CPU seconds a collection.
MEMORY_LIMIT = 32     # MiB, resident.

MESSAGE = (ROOT / "tests/data/celery/redis-c563-msg-plain.json").read_text()


def fill(server):
    with server.client() as client:
        for number in range(QUEUES):
            client.ask("EVAL", "for i = 1, tonumber(ARGV[1]) do"
                       " redis.call('LPUSH', KEYS[1], ARGV[2]) end", 1, f"queue-{number}", WAITING,
                       MESSAGE)


def depth_of_ours(server):
    """CPU seconds of a collection."""
    queues = ", ".join(f"queue-{number}" for number in range(QUEUES))
    config = shown.config(server.url(), f"queues: [{queues}]", "events: false", "control: false",
                          interval="100ms")
    with contextlib.closing(Exporter(config)) as exporter:
        exporter.await_page(lambda page: len(page.series("celery_queue_length")) == QUEUES
                            and page.up("celery") == 1, 10, "all queues are read")
        first, start = exporter.page().successes("celery"), exporter.cpu_seconds()
        time.sleep(COLLECTIONS * 0.1)
        spent = exporter.cpu_seconds() - start
        page = exporter.page()
        assert page.value("celery_queue_length", queue_name="queue-3") == WAITING
        return spent / (page.successes("celery") - first)


def page_of_peer(server):
    """Seconds that its page takes; None where there is none of it."""
    if not celery_peer.command():
        return None
    queues = ",".join(f"queue-{number}" for number in range(QUEUES))
    with contextlib.closing(celery_peer.CeleryPeer(server.url(), "--queues", queues)) as peer:
        start = time.monotonic()
        peer.page()
        return time.monotonic() - start


class Tasks:
    """Messages of MESSAGE_TASKS tasks each, from start to end, with ids that rise."""

    PLACE = "00000000-0000-4000-8000-%012d"

    def __init__(self):
        events = []
        for number in range(MESSAGE_TASKS):
            sent, lived = task_life("celery@box", f"@{number}@")
            events += [sent, *lived]
        self._body = json.dumps(events)
        self._command = publication(events)
        self._envelope = json.loads(self._command[2])

    def message(self, first):
        body = self._body
        for number in range(MESSAGE_TASKS):
            body = body.replace(f"@{number}@", self.PLACE % (first + number))
        self._envelope["body"] = base64.b64encode(body.encode()).decode()
        return (*self._command[:2], json.dumps(self._envelope))


def memory_with_tasks(server):
    """(MiB resident at most, CPU seconds for an event) while TASKS pass."""
    config = shown.config(server.url(), "control: false", interval="200ms")
    tasks, highest = Tasks(), 0
    with contextlib.closing(Exporter(config)) as exporter, server.client() as client:
        exporter.await_page(shown.is_listening, 10, "it listens")
        start = exporter.cpu_seconds()
        for first in range(0, TASKS, BATCH):
            client.ask_all(*(tasks.message(number)
                             for number in range(first, first + BATCH, MESSAGE_TASKS)))
            exporter.await_page(lambda page: page.has("celery_task_succeeded_total") and page.value(
                "celery_task_succeeded_total") == first + BATCH, 30, "all are counted")
            highest = max(highest, exporter.memory("VmRSS"))
        spent = exporter.cpu_seconds() - start
        page = exporter.page()
        assert page.value("celery_event_stream_connections_total") == 1
        assert page.value("celery_events_malformed_total") == 0
        return highest / 1024, spent / (4 * TASKS)


def main():
    good = True

    def row(what, unit, ours, limit=None):
        nonlocal good
        good = good and (limit is None or ours <= limit)
        verdict = "" if limit is None else "pass" if ours <= limit else "FAIL"
        print(f"{what:52} {ours:9.2f} {'' if limit is None else limit:>7} {unit:3} {verdict}")

    print(f"{'celery on Redis':52} {'measured':>9} {'limit':>7}")
    with contextlib.closing(RedisServer()) as server:
        fill(server)
        row(f"depth of {QUEUES} queues, a collection: CPU", "ms", depth_of_ours(server) * 1e3,
            DEPTH_LIMIT * 1e3)
        peer = page_of_peer(server)
        if peer is None:
            print("celery-exporter: EXPORTER_PEER_CELERY names none")
        else:
            row("celery-exporter's page of them: time", "ms", peer * 1e3)
    with contextlib.closing(RedisServer()) as server:
        memory, cpu = memory_with_tasks(server)
    row(f"{TASKS:,} tasks: resident memory at most", "MiB", memory, MEMORY_LIMIT)
    row("an event, pages of 5 a second included: CPU", "us", cpu * 1e6)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
