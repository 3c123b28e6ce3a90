"""Real Celery, told stage by stage: each counter and each depth is what the tasks say themselves.

What a task did stands in its journal. What was sent, and what a worker holds back without
starting it, the script knows. From these alone the expected page is put together.
"""

import collections
import time

import pytest

from support import celery_page as shown
from support.celery_app import VERSIONS, CeleryApp
from support.waiting import eventually

# Of the two on one host: a pool of processes for two queues, and one process for another.
POOL, SOLO = "pool@box", "solo@box"
# RabbitMQ knows priorities only where the queue was declared with them.
QUEUES = {"orders": None, "mail": {"x-max-priority": 10}, "reports": None}
SLOTS = 2
PREFETCH = 4 * SLOTS   # Celery's default for what a worker takes ahead.
FAR = 3600


def _has_observed(page, expected):
    """Every run was, except that a retry overtakes its own first run.

    Its task-sent comes before the task-started of the run that sent it, so that it is not always
    known which of the two started. Then one is left out, rather than observed wrongly.
    """
    for histogram, event in (("celery_task_runtime", "succeeded"),
                             ("celery_task_queue_wait_time", "started"),
                             ("celery_task_worker_wait_seconds", "started")):
        found = shown.counts(page, histogram)
        wanted = {key[1:]: value for key, value in expected.items() if key[0] == event}
        assert found.keys() == wanted.keys(), histogram
        for task, count in wanted.items():
            doubtful = expected["retried", *task] if event == "started" else 0
            assert count - doubtful <= found[task] <= count, (histogram, task, found[task], count)


class Story:
    """The application, the exporter, and what its page has to show."""

    def __init__(self, broker, app, exporter):
        self.broker, self.app, self.exporter = broker, app, exporter
        self.is_redis = broker == "redis"
        self.queues = {}       # Of each task sent.
        self.exceptions = {}   # With which a task is to fail, by its id.
        self.extra = collections.Counter()   # Events of which no task could write.
        self.held = collections.Counter()    # Received and not started, by (name, queue).
        self.depths = {}

    def send(self, name, *arguments, queue="orders", **options):
        uuid = self.app.send(name, *arguments, queue=queue, **options)
        self.queues[uuid] = queue
        self.extra["sent", f"shop.{name}", queue] += 1
        return uuid

    def expected_counters(self):
        expected = collections.Counter(self.extra)
        for (name, queue), held in self.held.items():
            expected["received", name, queue] += held
        for note in self.app.notes():
            task = (note.name, self.queues[note.uuid])
            if note.what == "failed":
                expected["failed", *task, self.exceptions[note.uuid]] += 1
            else:
                expected[note.what, *task] += 1
            if note.what == "started":
                expected["received", *task] += 1
            if note.what == "retried":
                expected["sent", *task] += 1
        return +expected

    def expected_depths(self):
        waiting = {(queue, "waiting"): 0 for queue in QUEUES}
        told = {key: depth for key, depth in self.depths.items()
                if depth and (self.is_redis or key[1] != "unacked")}
        return {**waiting, **told}

    def _agrees(self):
        page = self.exporter.page()
        found, expected = shown.counters(page), self.expected_counters()
        assert found == expected, f"too many {found - expected}, too few {expected - found}"
        assert shown.missing_zeros(page) == []
        assert shown.depths(page) == self.expected_depths()
        length = shown.by_label(page, "celery_queue_length", "queue_name")
        assert length == {queue: self.depths.get((queue, "waiting"), 0) for queue in QUEUES}
        _has_observed(page, expected)
        return True

    def agrees(self, stage, **depths):
        """Depths as orders_waiting=5; all others are 0."""
        self.depths = {tuple(key.split("_")): depth for key, depth in depths.items()}
        eventually(self._agrees, 20, stage)

    def await_value(self, expected, name, /, **labels):
        def reached():
            assert self.exporter.page().value(name, **labels) == expected
            return True
        eventually(reached, 10, f"{name}{labels} is {expected}")


# The last of them sends more events of the end of a task than those before it.
@pytest.fixture(params=[(version, broker) for version in (*VERSIONS, "5.7")
                        for broker in ("redis", "rabbitmq")],
                ids=lambda params: "-".join(params))
def story(request, start_exporter):
    version, broker = request.param
    if broker == "redis":
        server = request.getfixturevalue("redis_broker")
        server.command("FLUSHALL")
        url = server.url()
    else:
        server = request.getfixturevalue("rabbitmq")
        server.make_vhost(f"story-{version}")
        url = server.url(vhost=f"story-{version}")
    app = CeleryApp(version, url, queues=QUEUES)
    app.ask("events")   # Else the first event is the one that makes it, and nobody hears it.
    exporter = start_exporter(shown.config(url, f"queues: [{', '.join(QUEUES)}]",
                                           "control: full"))
    exporter.await_page(shown.is_listening, 10, "it listens")
    yield Story(broker, app, exporter)
    app.close()


def nobody_works(story):
    for priority in (0, 3, 6, 9):
        story.send("add", 1, priority, priority=priority)
    story.send("add", 1, 1, countdown=FAR)
    for priority in (1, 5):
        story.send("add", 2, priority, queue="mail", priority=priority)
    story.send("add", 3, 3, queue="reports")
    story.agrees("nobody works", orders_waiting=5, mail_waiting=2, reports_waiting=1)


def the_oldest_has_waited(story, since):
    """All were sent by task-sent events, so that the age is no lower bound."""
    for queue in QUEUES:   # Of RabbitMQ, after the reading that found the tasks.
        story.exporter.await_page(
            lambda page, queue=queue: page.has("celery_queue_oldest_task_age_seconds",
                                               queue_name=queue), 10, f"{queue} has an age")
    page, age = story.exporter.page(), time.time() - since
    for queue in QUEUES:
        seconds = page.value("celery_queue_oldest_task_age_seconds", queue_name=queue,
                             source="event")
        assert 0 < seconds <= age
        assert page.value("queue_oldest_age_seconds", queue=queue, system="celery") == seconds


def workers_come(story):
    pool = story.app.worker(POOL, ["orders", "mail"], concurrency=SLOTS, ready=False,
                            options=["--heartbeat-interval", "1"])
    solo = story.app.worker(SOLO, ["reports"], pool="solo", concurrency=1)
    pool.await_ready()
    story.held["shop.add", "orders"] = 1
    story.agrees("workers come", orders_scheduled=1, orders_unacked=1)
    for worker in (POOL, SOLO):
        story.await_value(1, "celery_worker_up", hostname=worker)
    for queue, slots in (("orders", SLOTS), ("mail", SLOTS), ("reports", 1)):
        story.await_value(1, "celery_active_worker_count", queue_name=queue)
        story.await_value(slots, "celery_active_process_count", queue_name=queue)
        if not story.is_redis:
            story.await_value(1, "celery_active_consumer_count", queue_name=queue)
    return pool, solo


def the_pool_is_full(story):
    for _ in range(SLOTS + PREFETCH + 2):
        story.send("hold", "first")
    story.app.await_count("hold", "started", SLOTS)
    story.held["shop.hold", "orders"] = PREFETCH
    story.agrees("the pool is full", orders_waiting=2, orders_active=SLOTS,
                 orders_reserved=PREFETCH, orders_scheduled=1, orders_unacked=PREFETCH + 1)
    story.await_value(SLOTS, "celery_tasks_in_progress", name="shop.hold")
    story.await_value(SLOTS, "celery_worker_tasks_active", hostname=POOL)
    story.await_value(SLOTS, "celery_worker_slots_busy", hostname=POOL)
    story.await_value(SLOTS, "celery_worker_slots", hostname=POOL)
    story.await_value(0, "celery_worker_tasks_active", hostname=SOLO)


def the_pool_works(story):
    story.app.open("first")
    story.held["shop.hold", "orders"] = 0
    story.app.await_count("hold", "succeeded", SLOTS + PREFETCH + 2)
    story.agrees("the pool works", orders_scheduled=1, orders_unacked=1)
    story.await_value(0, "celery_tasks_in_progress", name="shop.hold")


def some_try_again(story):
    story.send("retry", 2)
    story.send("retry", 1, queue="reports")
    story.app.await_count("retry", "succeeded", 2)
    story.agrees("some try again", orders_scheduled=1, orders_unacked=1)


def some_fail(story):
    for kind, queue in (("ValueError", "orders"), ("ValueError", "orders"), ("KeyError", "mail"),
                        ("ValueError", "reports")):
        story.exceptions[story.send("boom", kind, queue=queue)] = kind
    story.send("unknown")   # Which no worker receives, by its events.
    story.extra["failed", "shop.unknown", "orders", "NotRegistered"] += 1
    story.app.await_count("boom", "failed", 4)
    story.agrees("some fail", orders_scheduled=1, orders_unacked=1)
    assert shown.counts(story.exporter.page(), "celery_task_failure_runtime_seconds") == {
        ("shop.boom", "orders"): 2, ("shop.boom", "mail"): 1, ("shop.boom", "reports"): 1}


def some_are_rejected(story):
    for queue in ("orders", "reports"):
        story.send("reject", queue=queue)
        story.send("ignore", queue=queue)
    story.app.await_count("reject", "rejected", 2)
    story.app.await_count("ignore", "started", 2)
    story.agrees("some are rejected", orders_scheduled=1, orders_unacked=1)


def some_are_revoked(story, pool):
    before = story.app.count("hold", "started")
    holders = [story.send("hold", "second") for _ in range(SLOTS)]
    story.app.await_count("hold", "started", before + SLOTS)
    unwanted = story.send("add", 4, 4)
    story.send("add", 4, 5, expires=0.3)
    expired = time.monotonic() + 0.3
    story.held["shop.add", "orders"] = 3
    story.agrees("a worker holds what will be revoked", orders_active=SLOTS, orders_reserved=2,
                 orders_scheduled=1, orders_unacked=3)
    story.app.ask("revoke", unwanted, {})
    eventually(lambda: unwanted in pool.log().rpartition("flagged as revoked")[2], 10, "revoked")
    eventually(lambda: time.monotonic() > expired, 1, "the other has expired")
    story.app.ask("revoke", holders[0], {"terminate": True})
    story.extra["revoked", "shop.hold", "orders"] += 1
    story.extra["revoked", "shop.add", "orders"] += 2
    story.agrees("one is terminated", orders_active=1, orders_scheduled=1, orders_unacked=1)
    story.app.open("second")
    story.agrees("some are revoked", orders_scheduled=1, orders_unacked=1)


def some_take_too_long(story):
    # The hard limit has its name in the traceback alone, and Celery 5.7 tells of it twice.
    for limit, exception in (({"soft_time_limit": 0.3}, "SoftTimeLimitExceeded"),
                             ({"time_limit": 0.5}, "TimeLimitExceeded")):
        story.exceptions[story.send("slow", **limit)] = exception
    story.agrees("some take too long", orders_scheduled=1, orders_unacked=1)


def one_is_acknowledged_late(story):
    story.send("late", "third")
    story.app.await_count("late", "started", 1)
    story.agrees("one runs unacknowledged", orders_active=1, orders_scheduled=1, orders_unacked=2)
    story.app.open("third")
    story.agrees("one is acknowledged late", orders_scheduled=1, orders_unacked=1)


def one_comes_due(story):
    """Its wait begins at its ETA."""
    def waited(name):
        return story.exporter.page().value(f"{name}_sum", name="shop.add", queue_name="mail")
    names = ("celery_task_queue_wait_time", "celery_task_worker_wait_seconds")
    before = [waited(name) for name in names]
    sent = time.time()
    uuid = story.send("add", 5, 5, queue="mail", countdown=2)
    story.held["shop.add", "mail"] = 1
    story.agrees("one is to come due", mail_scheduled=1, mail_unacked=1, orders_scheduled=1,
                 orders_unacked=1)
    story.held["shop.add", "mail"] = 0
    story.agrees("one comes due", orders_scheduled=1, orders_unacked=1)
    started, = (note.time for note in story.app.notes()
                if note.uuid == uuid and note.what == "started")
    assert started - sent > 1.9
    for name, earlier in zip(names, before):
        assert 0 <= waited(name) - earlier < 1, name


def a_worker_leaves(story, pool):
    """What it held back waits again; all that was counted stays."""
    started = sum(1 for note in story.app.notes()
                  if note.what == "started" and story.queues[note.uuid] != "reports")
    story.await_value(started, "celery_worker_tasks_processed_total", hostname=POOL)
    pool.leave()
    story.agrees("a worker leaves", orders_waiting=1)
    story.await_value(0, "celery_worker_up", hostname=POOL)
    story.await_value(1, "celery_worker_up", hostname=SOLO)
    story.await_value(1, "celery_active_worker_count", queue_name="reports")
    story.await_value(started, "celery_worker_tasks_processed_total", hostname=POOL)


def test_every_stage_shows_what_the_tasks_say(story):
    begun = time.time()
    nobody_works(story)
    the_oldest_has_waited(story, begun)
    pool, _ = workers_come(story)
    the_pool_is_full(story)
    the_pool_works(story)
    some_try_again(story)
    some_fail(story)
    some_are_rejected(story)
    some_are_revoked(story, pool)
    some_take_too_long(story)
    one_is_acknowledged_late(story)
    one_comes_due(story)
    a_worker_leaves(story, pool)
    page = story.exporter.page()
    assert page.value("celery_events_malformed_total") == 0
    assert page.value("celery_event_stream_connections_total") == 1
