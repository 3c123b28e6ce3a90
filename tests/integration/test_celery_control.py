"""Control calls beside workers that could not answer them: who is asked, and what is said."""

import pytest

from support import celery_page as shown
from support.celery_app import DEBIAN, NEWEST, CeleryApp
from support.redis_servers import RedisServer
from support.waiting import eventually

REPLIES = "_kombu.binding.reply.celery.pidbox"
SEPARATOR = "\x06\x16"
# All that Celery itself needs of a broker's keys.
CELERYS_KEYS = ("~celery*", "~_kombu*", "~unacked*", "~*.celery.pidbox*", "~orders*")


@pytest.fixture
def broker():
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture
def start_app():
    apps = []

    def start(*args, **settings):
        apps.append(CeleryApp(*args, **settings))
        return apps[-1]
    yield start
    for app in apps:
        app.close()


def is_answered(page):
    return page.value("celery_active_worker_count", queue_name="orders") == 1


def await_told(exporter, *texts):
    def told():
        lines = [line for line in exporter.log().splitlines() if "part=control" in line]
        assert any(all(text in line for text in texts) for line in lines), lines
        return True
    eventually(told, 20, f"the log says {texts}")


def goes_on(app, worker, log_before):
    """It runs what is sent now, and wrote nothing of trouble since."""
    for _ in range(20):
        app.send("add", 1, 2)
    app.await_count("add", "succeeded", 20)
    since = worker.log()[log_before:]
    assert not any(level in since for level in ("WARNING", "ERROR", "CRITICAL")), since


@pytest.mark.parametrize("version", [DEBIAN, NEWEST])
def test_workers_with_another_separator_are_not_asked_until_it_is_configured(
        broker, start_exporter, start_app, version):
    app = start_app(version, broker.url(), broker_transport_options={"sep": ":"})
    worker = app.worker("one@box", ["orders"], concurrency=1)
    before = len(worker.log())
    exporter = start_exporter(shown.config(broker.url(), "queues: [orders]"))
    await_told(exporter, "workers are not asked", r'set sep: \":\"')
    exporter.await_page(lambda page: page.value("celery_worker_up", hostname="one@box") == 1, 10,
                        "heartbeats are heard")
    page = exporter.page()
    assert page.errors("celery", "protocol") > 0
    assert not page.has("celery_active_worker_count")
    assert not broker.command("EXISTS", REPLIES)
    exporter.stop()
    right = start_exporter(shown.config(broker.url(), "queues: [orders, parked]", 'sep: ":"'))
    for priority in (0, 9):
        app.send("add", 1, 2, queue="parked", priority=priority)
    right.await_page(lambda page: is_answered(page) and page.value(
        "celery_queue_length", queue_name="parked") == 2, 10, "all is told")
    goes_on(app, worker, before)


@pytest.mark.parametrize("version", [DEBIAN, NEWEST])
def test_a_worker_that_may_use_celerys_own_keys_alone_replies_and_goes_on(
        broker, start_exporter, start_app, version):
    broker.command("ACL", "SETUSER", "worker", "on", ">secret", *CELERYS_KEYS, "&*", "+@all")
    broker.command("ACL", "LOG", "RESET")
    app = start_app(version, broker.url(user="worker", password="secret"))
    worker = app.worker("one@box", ["orders"], concurrency=1)
    before = len(worker.log())
    exporter = start_exporter(shown.config(broker.url(), "queues: [orders]"))
    exporter.await_page(is_answered, 15, "it is answered")
    goes_on(app, worker, before)
    assert broker.command("ACL", "LOG") == []


def test_replies_that_are_pickled_end_the_calls(broker, start_exporter, start_app, monkeypatch):
    monkeypatch.setenv("C_FORCE_ROOT", "1")   # Or a worker of root refuses pickle.
    app = start_app(NEWEST, broker.url(), accept_content=["json", "pickle"],
                    task_serializer="pickle")
    worker = app.worker("one@box", ["orders"], concurrency=1)
    before = len(worker.log())
    exporter = start_exporter(shown.config(broker.url(), "queues: [orders]"))
    await_told(exporter, "workers reply in application/x-python-serialize, not in JSON",
               "set control: false")
    count = exporter.page().errors("celery", "protocol")
    collections = exporter.page().successes("celery")
    exporter.await_page(lambda page: page.successes("celery") > collections + 3, 10, "it goes on")
    assert exporter.page().errors("celery", "protocol") == count
    assert not broker.command("EXISTS", REPLIES)
    goes_on(app, worker, before)


def test_a_worker_that_refuses_json_is_asked_a_few_times_and_no_more(
        broker, start_exporter, start_app, monkeypatch):
    monkeypatch.setenv("C_FORCE_ROOT", "1")
    app = start_app(NEWEST, broker.url(), accept_content=["pickle"], task_serializer="pickle")
    worker = app.worker("one@box", ["orders"], concurrency=1,
                        options=["--heartbeat-interval", "1"])
    exporter = start_exporter(shown.config(broker.url(), "queues: [orders]",
                                           control_interval="5s"))
    await_told(exporter, "one@box sends heartbeats and has never replied", "accept_content")
    refused = worker.log().count("ContentDisallowed(")
    assert refused
    collections = exporter.page().successes("celery")
    exporter.await_page(lambda page: page.successes("celery") > collections + 12, 20,
                        "the time of a round has passed")
    assert worker.log().count("ContentDisallowed(") == refused


def test_what_a_killed_exporter_left_is_removed_and_nothing_of_others(
        broker, start_exporter, start_app):
    def binding(queue):
        return SEPARATOR.join(("key", "", f"{queue}.reply.celery.pidbox"))
    left, late, busy = (f"sidecar-exporter-{name}" for name in ("left", "late", "busy"))
    broker.command("SADD", REPLIES, *map(binding, (left, late, busy, "of-flower")))
    broker.command("RPUSH", f"{late}.reply.celery.pidbox", "{}")
    broker.command("RPUSH", f"{busy}.reply.celery.pidbox", "-")
    app = start_app(NEWEST, broker.url())
    app.worker("one@box", ["orders"], concurrency=1)
    exporter = start_exporter(shown.config(broker.url(), "queues: [orders]"))
    exporter.await_page(is_answered, 15, "it is answered")
    exporter.stop()
    members = broker.command("SMEMBERS", REPLIES)
    assert sorted(members) == sorted(map(binding, (busy, "of-flower")))
    assert not broker.command("EXISTS", f"{late}.reply.celery.pidbox")
    assert broker.command("EXISTS", f"{busy}.reply.celery.pidbox")
