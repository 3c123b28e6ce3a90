"""A queue of RabbitMQ with priorities, in which a later task is taken before an older one."""

import time

import pytest

from support import celery_page as shown
from support.celery_app import DEBIAN, NEWEST, CeleryApp
from support.waiting import eventually

QUEUE = {"queue_name": "orders"}
AGE = "celery_queue_oldest_task_age_seconds"
OLDER = 5   # Seconds, than the one that overtakes.


@pytest.fixture
def start_app(rabbitmq):
    started = []

    def start(version, vhost):
        rabbitmq.make_vhost(vhost)
        started.append(CeleryApp(version, rabbitmq.url(vhost=vhost), worker_prefetch_multiplier=1,
                                 queues={"orders": {"x-max-priority": 10}}))
        started[-1].ask("events")
        return started[-1], rabbitmq.url(vhost=vhost)

    yield start
    for app in started:
        app.close()


def overtaken(exporter, app, events):
    """One task runs and an old one waits, which a later one has overtaken; since when it waits."""
    app.worker("one@box", ["orders"], concurrency=1, events=events)
    exporter.await_page(lambda page: page.has("celery_queue_length", **QUEUE)
                        and page.has("celery_active_worker_count", **QUEUE), 20, "it is empty")
    app.send("late", "running")
    app.await_count("late", "started", 1)
    app.send("late", "low", priority=0)
    since = time.time()
    if events:
        exporter.await_page(
            lambda page: page.has(AGE, **QUEUE) and page.value(AGE, **QUEUE) > OLDER, 30,
            "the old one is old")
    eventually(lambda: time.time() - since > OLDER + 1, 30, "the old one is old")
    app.send("late", "high", priority=9)
    app.open("running")
    app.await_count("late", "started", 2)
    return since


def ages(exporter, since, collections=8):
    """Those that so many collections show, and how long the old one had waited by then."""
    seen, first = [], exporter.page().successes("celery")

    def has_all(page):
        for name in (AGE, "queue_oldest_age_seconds"):
            seen.extend((age, time.time() - since) for _, age in page.series(name))
        return page.successes("celery") > first + collections
    exporter.await_page(has_all, 30, "it has looked often enough")
    assert exporter.page().value("celery_queue_length", **QUEUE) == 1
    return seen


@pytest.mark.parametrize("version", [DEBIAN, NEWEST])
def test_an_overtaken_task_keeps_its_age_if_workers_send_events(start_app, start_exporter, version):
    app, url = start_app(version, f"order-events-{version}")
    exporter = start_exporter(shown.config(url, "queues: [orders]"))
    exporter.await_page(shown.is_listening, 15, "it listens")
    since = overtaken(exporter, app, True)
    seen = ages(exporter, since)
    assert seen
    assert all(OLDER < age <= truth + 1 for age, truth in seen), seen
    assert exporter.page().has(AGE, source="event", **QUEUE)
    assert "is not known" not in exporter.log()


@pytest.mark.parametrize("version", [DEBIAN, NEWEST])
def test_without_events_the_age_of_an_overtaken_task_is_absent_and_it_is_said_why(
        start_app, start_exporter, version):
    app, url = start_app(version, f"order-silent-{version}")
    exporter = start_exporter(shown.config(url, "queues: [orders]"))
    exporter.await_page(shown.is_listening, 15, "it listens")
    since = overtaken(exporter, app, False)
    seen = ages(exporter, since)
    assert all(age > OLDER for age, _ in seen), seen
    page = exporter.page()
    assert not page.has(AGE) and not page.has("queue_oldest_age_seconds")
    eventually(lambda: "how long tasks wait in orders is not known" in exporter.log(), 5,
               "the log says why")
