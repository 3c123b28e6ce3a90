"""Brokers that end, hang, refuse and lie across the way: the reason, the rest, and the recovery."""

import signal
import time

import pytest

from support import celery_page as shown
from support.celery_app import DEBIAN, NEWEST, CeleryApp
from support.celery_events import event, publish, task_life
from support.faults import Fault, FaultProxy
from support.rabbitmq import RabbitMq
from support.redis_servers import RedisServer
from support.servers import WRONG_PASSWORD
from support.waiting import eventually

BROKERS = ("redis", "rabbitmq")

REPLIES = "_kombu.binding.reply.celery.pidbox"
OURS = "sidecar-exporter-"


class Redis:
    """What a test asks of any broker, of Redis."""

    keeps_messages = False   # Over a restart.

    def __init__(self):
        self.server = RedisServer()
        self.url, self.close, self.end = self.server.url, self.server.close, self.server.kill

    def things(self):
        """All that is stored; what has a minute to live goes by itself.

        Not what a kill in the midst of a control call leaves, until an exporter next makes one: a
        member of a set, without effect.
        """
        keys = self.server.lasting_keys()
        if len(members := self.server.command("SMEMBERS", REPLIES)) == 1 and OURS in members[0]:
            keys.remove(REPLIES)
        return keys


class Rabbit:
    keeps_messages = True

    def __init__(self):
        self.server = RabbitMq()
        self.url, self.close = self.server.url, self.server.close

    def end(self):
        """In order: killed, it may lose a queue that was declared a second ago."""
        self.server.stop(within=30)

    def things(self):
        queues = {("queue", name) for name in self.server.queues()}
        return queues | {("exchange", name) for name in self.server.exchanges()}


@pytest.fixture(scope="module")
def started_brokers():
    started = {"redis": Redis(), "rabbitmq": Rabbit()}
    yield started
    for broker in started.values():
        broker.close()


@pytest.fixture
def brokers(started_brokers):
    """Of each kind one that may be ended; a test that fails in between leaves none so."""
    yield started_brokers
    for broker in started_brokers.values():
        if not broker.server.is_running():
            broker.server.restart_after_kill()


@pytest.fixture(scope="module")
def calm():
    """A broker that nothing happens to."""
    server = RedisServer()
    with server.client() as client:
        client.ask("RPUSH", "steady", "a", "b", "c")
    yield server
    server.close()


@pytest.fixture
def start_app():
    """Yields a starter of applications; ends them afterwards."""
    started = []

    def start(*arguments, **settings):
        started.append(CeleryApp(*arguments, **settings))
        return started[-1]

    yield start
    for app in started:
        app.close()


def both(url, calm, queue):
    """A collector of the broker in question beside one of another broker."""
    return f"""
global: {{interval: 700ms, timeout: 700ms, stale_after: 1m}}
collectors:
  - {{type: celery, name: shaky, labels: {{broker: shaky}}, url: "{url}", queues: [{queue}],
     control_interval: 1s, control_timeout: 250ms}}
  - {{type: celery, name: steady, labels: {{broker: steady}}, url: "{calm.url()}",
     queues: [steady]}}
"""


def steady_is_unharmed(page):
    assert page.value("celery_up", broker="steady") == 1
    assert page.value("celery_queue_length", broker="steady", queue_name="steady") == 3
    assert page.value("celery_event_stream_up", broker="steady") == 1
    assert page.value("celery_event_stream_connections_total", broker="steady") == 1
    return True


def sent(page, queue):
    return page.value("celery_task_sent_total", broker="shaky", name="shop.add", queue_name=queue)


def is_up(page):
    return (page.up("shaky") == 1 and page.value("celery_up", broker="shaky") == 1
            and page.value("celery_event_stream_up", broker="shaky") == 1)


def begun(exporter, app, queue):
    """The exporter listens and has heard of three tasks."""
    exporter.await_page(is_up, 15, "both listen")
    for number in range(3):
        app.send("add", 1, number, queue=queue)
    exporter.await_page(lambda page: page.has("celery_task_sent_total", broker="shaky")
                        and sent(page, queue) == 3, 10, "three were sent")
    exporter.await_page(steady_is_unharmed, 10, "the other broker is there")
    app.leave()


def recovered(exporter, app, queue, waiting, connections=2):
    """All is back, what was counted too, and two more tasks are counted on top."""
    exporter.await_page(is_up, 35, "it is up again")
    for number in range(2):
        app.send("add", 2, number, queue=queue)

    def counted(page):
        assert sent(page, queue) == 5
        assert page.value("celery_queue_length", broker="shaky", queue_name=queue) == waiting
        assert page.value("celery_event_stream_connections_total", broker="shaky") >= connections
        return steady_is_unharmed(page)
    exporter.await_page(counted, 10, "two more are counted")


def down_for(exporter, *reasons):
    """Fails for one of these reasons, the other broker as ever, and the counters stay."""
    def failed(page):
        assert page.up("shaky") == 0 and page.value("celery_up", broker="shaky") == 0
        assert any(page.errors("shaky", reason) for reason in reasons)
        return steady_is_unharmed(page)
    exporter.await_page(failed, 10, f"it fails by {reasons}")


@pytest.mark.parametrize("kind", BROKERS)
def test_a_broker_that_ends_and_starts_again_is_found_again(
        brokers, calm, start_exporter, start_app, kind):
    broker, queue = brokers[kind], f"ended-{kind}"
    app = start_app(DEBIAN, broker.url())
    app.send("retry", 0, queue=queue)   # It is declared.
    exporter = start_exporter(both(broker.url(), calm, queue))
    begun(exporter, app, queue)
    broker.end()
    down_for(exporter, "connect")
    exporter.await_page(lambda page: page.value("celery_event_stream_up", broker="shaky") == 0, 5,
                        "the stream is down")
    assert sent(exporter.page(), queue) == 3
    broker.server.restart_after_kill()
    recovered(exporter, app, queue, waiting=6 if broker.keeps_messages else 2)
    page = exporter.page()
    assert page.value("celery_event_stream_down_seconds_total", broker="shaky") > 0
    assert page.value("exporter_collector_up", collector="steady") == 1


@pytest.mark.parametrize("kind", BROKERS)
def test_a_broker_that_hangs_is_reason_timeout_until_it_goes_on(
        brokers, calm, start_exporter, start_app, kind):
    broker, queue = brokers[kind], f"hung-{kind}"
    app = start_app(NEWEST, broker.url())
    app.send("retry", 0, queue=queue)
    exporter = start_exporter(both(broker.url(), calm, queue))
    begun(exporter, app, queue)
    broker.server.pause()
    try:
        down_for(exporter, "timeout")
    finally:
        broker.server.resume()
    # The stream was never cut.
    recovered(exporter, app, queue, waiting=6, connections=1)


@pytest.mark.parametrize("kind", BROKERS)
@pytest.mark.parametrize("fault, reasons", [(Fault.RESET, ("connect",)),
                                            (Fault.MUTE, ("timeout",))],
                         ids=["cut within a message", "mute"])
def test_a_network_that_breaks_is_told_and_forgotten(
        brokers, calm, start_exporter, start_app, kind, fault, reasons):
    broker, queue = brokers[kind], f"{fault.name.lower()}-{kind}"
    app = start_app(DEBIAN, broker.url())
    app.send("retry", 0, queue=queue)
    with FaultProxy(broker.server.port) as proxy:
        exporter = start_exporter(both(broker.url(port=proxy.port), calm, queue))
        begun(exporter, app, queue)
        proxy.fault = fault
        down_for(exporter, *reasons)
        proxy.fault = Fault.NONE
        recovered(exporter, app, queue, waiting=6, connections=1)


@pytest.mark.parametrize("kind", BROKERS)
def test_an_exporter_that_stood_still_counts_what_was_sent_meanwhile(
        brokers, start_exporter, start_app, kind):
    """As in a container without CPU: the connection holds it all, and stays."""
    broker, queue = brokers[kind], f"still-{kind}"
    app = start_app(NEWEST, broker.url())
    app.send("add", 1, 1, queue=queue)   # Somebody has to have declared the exchange.
    exporter = start_exporter(shown.config(broker.url(), "control: false"))
    exporter.await_page(shown.is_listening, 15, "it listens")
    exporter.pause()
    for number in range(20):
        app.send("add", 2, number, queue=queue)
    time.sleep(3)   # Longer than any timeout of the exporter's.
    exporter.resume()

    def counted(page):
        assert page.value("celery_task_sent_total", name="shop.add", queue_name=queue) == 20
        return page.value("celery_event_stream_connections_total") == 1
    exporter.await_page(counted, 10, "all are counted")


@pytest.mark.parametrize("kind", BROKERS)
def test_a_wrong_password_is_reason_auth(brokers, calm, start_exporter, kind):
    url = brokers[kind].url(password=WRONG_PASSWORD)
    exporter = start_exporter(both(url, calm, "orders"))
    down_for(exporter, "auth")


def declared(app, queue):
    app.send("add", 1, 1, queue=queue)


def test_a_queue_that_does_not_exist_is_reason_missing_until_it_does(
        brokers, start_exporter, start_app):
    """On Redis a queue without messages and one that was never there are the same: empty."""
    broker = brokers["rabbitmq"]
    app = start_app(NEWEST, broker.url())
    declared(app, "known")
    exporter = start_exporter(shown.config(broker.url(), "queues: [never-was, known]"))

    def told(page):
        assert page.errors("celery", "missing") > 0
        assert page.value("celery_queue_length", queue_name="known") == 1
        assert not page.has("celery_queue_length", queue_name="never-was")
        return page.value("celery_up") == 1
    exporter.await_page(told, 10, "one is missing")
    eventually(lambda: "never-was" in exporter.log(), 2, "the log names the queue")
    declared(app, "never-was")
    exporter.await_page(lambda page: page.has("celery_queue_length", queue_name="never-was")
                        and page.value("celery_queue_length", queue_name="never-was") == 1,
                        10, "it is there now")


def test_the_exclusive_queue_of_another_is_reason_permission(brokers, start_exporter, start_app):
    broker = brokers["rabbitmq"]
    app = start_app(NEWEST, broker.url())
    declared(app, "known-too")
    app.ask("exclusive", "mine")
    exporter = start_exporter(shown.config(broker.url(), "queues: [mine, known-too]"))

    def told(page):
        assert page.errors("celery", "permission") > 0
        assert page.value("celery_queue_length", queue_name="known-too") == 1
        assert not page.has("celery_queue_length", queue_name="mine")
        return page.value("celery_up") == 1
    exporter.await_page(told, 10, "one is locked")


def test_quorum_queues_and_their_delay_queues_are_as_any_other(brokers, start_exporter, start_app):
    """The newest Celery declares 28 queues more, in which tasks wait for their ETA."""
    broker = brokers["rabbitmq"]
    broker.server.make_vhost("quorum")
    url = broker.url(vhost="quorum")
    app = start_app(NEWEST, url, task_default_queue_type="quorum",
                    task_default_exchange_type="topic", task_default_exchange="orders",
                    task_default_routing_key="orders")
    worker = app.worker("one@box", ["orders"], concurrency=1)
    delayed = {f"celery_delayed_{number}" for number in range(28)}
    assert delayed <= broker.server.queues("quorum")
    exporter = start_exporter(shown.config(url, "queues: [orders]", "control: full"))
    exporter.await_page(shown.is_listening, 10, "it listens")
    for _ in range(9):
        app.send("hold", "quorum")
    app.await_count("hold", "started", 1)

    def told(page):
        assert shown.depths(page) == {("orders", "waiting"): 4, ("orders", "reserved"): 4,
                                      ("orders", "active"): 1}
        assert shown.counters(page)["started", "shop.hold", "orders"] == 1
        assert set(shown.by_label(page, "celery_queue_length", "queue_name")) == {"orders"}
        return page.up("celery") == 1
    exporter.await_page(told, 10, "as of a classic queue")
    app.open("quorum")
    app.await_count("hold", "succeeded", 9)
    exporter.await_page(lambda page: shown.depths(page) == {("orders", "waiting"): 0}, 10, "empty")
    worker.leave()


@pytest.mark.parametrize("kind", BROKERS)
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=lambda end: end.name)
def test_nothing_is_left_on_the_broker_when_the_exporter_ends(
        brokers, start_exporter, start_app, kind, end):
    """Not of the control calls either, which a busy worker answers late."""
    broker, queue = brokers[kind], f"clean-{kind}-{end.name}".lower()
    app = start_app(NEWEST, broker.url())
    app.worker("busy@box", [queue], pool="solo", concurrency=1)
    app.worker("idle@box", ["elsewhere"], pool="solo", concurrency=1)
    app.send("add", 1, 2, queue=queue)
    app.await_count("add", "succeeded", 1)
    before = broker.things()
    exporter = start_exporter(shown.config(broker.url(), f"queues: [{queue}]"))
    exporter.await_page(lambda page: page.has("celery_worker_last_reply_timestamp_seconds",
                                                      hostname="busy@box")
                        and shown.is_listening(page), 15, "it listens and was answered")
    app.send("hold", f"gate-{queue}", queue=queue)
    app.await_count("hold", "started", 1)
    collections = exporter.page().successes("celery")
    exporter.await_page(lambda page: page.successes("celery") > collections + 3, 10,
                        "it has called while one was busy")
    exporter.stop(end)
    app.open(f"gate-{queue}")
    app.await_count("hold", "succeeded", 1)
    app.send("add", 1, 2, queue=queue)   # All that it had to answer comes before.
    app.await_count("add", "succeeded", 2)

    def nothing_more():
        left = broker.things() - before
        assert not left, left
        return True
    eventually(nothing_more, 15, "all is as it was")


def test_events_of_others_are_counted_and_cost_nothing(start_exporter, calm):
    """Custom events, later versions' and no events at all, beside good ones."""
    exporter = start_exporter(shown.config(calm.url(), "control: false"))
    exporter.await_page(shown.is_listening, 10, "it listens")
    lone, lived = task_life("w@box", "1")
    with calm.client() as client:
        publish(client, event("worker-online", "w@box", type="task-progress"), lone,
                event("worker-online", "w@box", type="task-invented"), lived)
        for broken in ("", "{", "[]", '{"body": "!!"}', '{"body": "e30="}', "\x00\xff" * 100):
            client.ask("PUBLISH", "/0.celeryev/task.multi", broken)

    def told(page):
        assert page.value("celery_events_unknown_total") == 2
        assert page.value("celery_events_malformed_total") == 6
        assert page.value("celery_task_succeeded_total", name="shop.add", queue_name="orders") == 1
        return page.value("celery_event_stream_up") == 1
    exporter.await_page(told, 10, "all are counted")
