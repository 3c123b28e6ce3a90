"""Applications whose names on the broker are not Celery's own, on a real Redis and RabbitMQ."""

import pytest

from support import celery_page as shown
from support.celery_app import NEWEST, CeleryApp
from support.redis_servers import REDIS_PASSWORD, RedisServer, SentinelRedis

WORKER = "one@box"
TRANSPORT = {"fanout_prefix": "/acme.", "fanout_patterns": False, "unacked_key": "held",
             "unacked_index_key": "held_since"}
EXCHANGES = {"event_exchange": "shopev", "control_exchange": "shop"}


@pytest.fixture
def redis():
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture
def start_app():
    """Yields a starter of applications of one worker; ends them afterwards."""
    started = []

    def start(version, url, **settings):
        app = CeleryApp(version, url, **settings)
        started.append(app)
        app.worker(WORKER, ["orders"], concurrency=1)
        return app

    yield start
    for app in started:
        app.close()


def options(settings):
    return [f"{name}: {str(value).lower()}" for name, value in settings.items()]


def has_worker(page):
    assert page.value("celery_worker_up", hostname=WORKER) == 1
    assert page.value("celery_active_worker_count", queue_name="orders") == 1
    return True


def test_names_of_transport_options_and_exchanges_are_followed(redis, start_app, start_exporter):
    app = start_app(NEWEST, redis.url(), broker_transport_options=TRANSPORT, **EXCHANGES)
    exporter = start_exporter(shown.config(redis.url(), "queues: [orders]",
                                           *options({**TRANSPORT, **EXCHANGES})))
    exporter.await_page(has_worker, 20, "the worker is heard and asked")
    app.send("late", "gate")
    app.await_count("late", "started", 1)

    def is_held(page):
        assert page.value("celery_unacked_tasks") == 1
        assert 0 <= page.value("celery_unacked_oldest_age_seconds") < 60
        assert shown.counters(page)["started", "shop.late", "orders"] == 1
        return True
    exporter.await_page(is_held, 10, "what is unacknowledged is shown")
    app.open("gate")
    exporter.await_page(
        lambda page: shown.counters(page)["succeeded", "shop.late", "orders"] == 1, 10, "it ends")


def test_exchanges_of_other_names_are_followed_on_rabbitmq(rabbitmq, start_app, start_exporter):
    rabbitmq.make_vhost("names")
    url = rabbitmq.url(vhost="names")
    start_app(NEWEST, url, **EXCHANGES)
    exporter = start_exporter(shown.config(url, "queues: [orders]", *options(EXCHANGES)))
    exporter.await_page(has_worker, 20, "the worker is heard and asked")


@pytest.mark.parametrize("settings", [{"broker_transport_options": {"fanout_prefix": "/acme."}},
                                      EXCHANGES], ids=["channels", "exchanges"])
def test_workers_that_cannot_be_heard_are_not_none(redis, start_app, start_exporter, settings):
    start_app(NEWEST, redis.url(), **settings)
    exporter = start_exporter(shown.config(redis.url(), "queues: [orders]"))
    exporter.await_page(shown.is_listening, 10, "it listens")

    def is_said(page):
        assert not page.has("celery_active_worker_count"), "it is there"
        assert "no worker is heard" in exporter.log(), "it is not said"
        return True
    exporter.await_page(is_said, 45, "what to look at is said")


@pytest.mark.parametrize("version", ["5.3", NEWEST])
def test_a_worker_behind_sentinels_is_heard_whichever_channel_it_uses(start_app, start_exporter,
                                                                      version):
    servers = SentinelRedis()
    try:
        hosts = ";".join(f"sentinel://:{REDIS_PASSWORD}@127.0.0.1:{one.port}/0"
                         for one in servers.sentinels)
        app = start_app(version, hosts, broker_transport_options={"master_name": servers.NAME})
        exporter = start_exporter(shown.config(servers.url(), "queues: [orders]"))
        exporter.await_page(has_worker, 20, "the worker is heard and asked")
        app.send("add", 1, 2)
        exporter.await_page(
            lambda page: shown.counters(page)["succeeded", "shop.add", "orders"] == 1, 10,
            "its task is counted")
    finally:
        servers.close()
