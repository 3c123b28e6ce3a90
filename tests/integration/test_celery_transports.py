"""Celery's brokers behind TLS and sentinels: depths, events and control calls by each way."""

import signal

import pytest

from support import celery_page as shown
from support.celery_app import NEWEST, CeleryApp
from support.celery_events import event, publish
from support.certificates import Certificates
from support.rabbitmq import RabbitMq
from support.redis_servers import SentinelRedis, TlsRedis, await_replica
from support.waiting import eventually

WORKER = "one@box"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def sentinels():
    servers = SentinelRedis()
    yield servers
    servers.close()


@pytest.fixture(scope="module", params=["rediss", "amqps"])
def behind_tls(request, certificates):
    """A broker, and an application with a worker; these speak to its plain port."""
    if request.param == "rediss":
        broker = TlsRedis(certificates, certificates.good)
    else:
        broker = RabbitMq(certificates, certificates.good)
    app = CeleryApp(NEWEST, broker.url())
    app.worker(WORKER, ["orders"], concurrency=1)
    yield broker, app
    app.close()
    broker.close()


def tls_config(broker, ca_file):
    return shown.config(broker.tls_url(), "queues: [orders]", f"tls: {{ca_file: {ca_file}}}")


def test_a_broker_is_read_heard_and_asked_behind_tls(behind_tls, certificates, start_exporter):
    broker, app = behind_tls
    exporter = start_exporter(tls_config(broker, certificates.certificate("ca")))
    exporter.await_page(shown.is_listening, 15, "it listens")
    for _ in range(3):
        app.send("add", 1, 2)

    def has_all(page):
        assert page.up("celery") == 1
        assert page.value("celery_queue_length", queue_name="orders") == 0
        assert page.value("celery_worker_up", hostname=WORKER) == 1
        assert page.value("celery_active_worker_count", queue_name="orders") == 1
        assert shown.counters(page)["succeeded", "shop.add", "orders"] == 3
        return True
    exporter.await_page(has_all, 15, "all of it is shown")


def test_a_broker_whose_certificate_nobody_vouches_for_is_not_spoken_to(
        behind_tls, certificates, start_exporter):
    broker, _ = behind_tls
    exporter = start_exporter(tls_config(broker, certificates.certificate("other-ca")))
    exporter.await_page(lambda page: page.errors("celery", "connect") > 0, 10, "it is told")
    page = exporter.page()
    assert page.value("celery_up") == 0
    assert page.value("celery_event_stream_up") == 0
    assert not page.has("celery_queue_length")
    eventually(lambda: "certificate" in exporter.log(), 2, "the log names the certificate")


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP])
def test_a_failover_is_followed_and_counters_go_on(start_exporter, sentinels, sign):
    old, new = sentinels.master, sentinels.replica
    exporter = start_exporter(shown.config(sentinels.url(), "queues: [orders]", interval="500ms"))
    exporter.await_page(shown.is_listening, 15, "it listens")

    def send(server, count):
        with server.client() as client:
            publish(client, *(event("task-sent", "gen1@box", uuid=f"{server.port}-{number}",
                                    name="shop.add", queue="orders") for number in range(count)))

    def has_sent(count):
        return lambda page: shown.counters(page)["sent", "shop.add", "orders"] == count

    send(old, 10)
    exporter.await_page(has_sent(10), 5, "what the first master said is counted")
    old.command("RPUSH", "orders", "a", "b", "c")
    await_replica(old, new)
    if sign == signal.SIGSTOP:
        old.pause()
    else:
        old.kill()
    exporter.await_page(lambda page: page.value("celery_event_stream_up") == 0, 15,
                        "the stream is down")
    assert has_sent(10)(exporter.page())

    exporter.await_page(lambda page: page.up("celery") == 1 and shown.is_listening(page), 30,
                        "the new master is heard")
    send(new, 5)
    exporter.await_page(has_sent(15), 10, "what the new master says is counted too")
    page = exporter.page()
    assert page.value("celery_queue_length", queue_name="orders") == 3
    assert page.value("celery_event_stream_down_seconds_total") > 0
