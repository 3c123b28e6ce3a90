"""More events than an exporter reads that stands still: what may be lost is never unsaid."""

import kombu
import pytest

from support import celery_page as shown
from support.celery_events import event, publish
from support.redis_servers import RedisServer
from support.waiting import eventually

EVENTS = 15_000


class Rabbit:
    def __init__(self, server):
        self.server = server
        self.connection = kombu.Connection(server.url())
        exchange = kombu.Exchange("celeryev", type="topic", durable=True)
        self.exchange = exchange(self.connection.default_channel)
        self.exchange.declare()
        self.producer = kombu.Producer(self.connection.default_channel, exchange=self.exchange)

    def send(self, body):
        self.producer.publish(body, routing_key="task.sent", delivery_mode=1)

    def await_loss(self):
        """Until the exporter's queue has dropped all that it held."""
        eventually(lambda: self._queued() > 0, 20, "events wait")
        eventually(lambda: self._queued() == 0, 30, "they are dropped")

    def _queued(self):
        rows = self.server.api("GET", "/api/queues?columns=name,messages")
        return sum(row.get("messages", 0) for row in rows if row["name"].startswith("amq.gen-"))

    def close(self):
        self.connection.release()


class Redis:
    def __init__(self, server):
        self.server = server
        server.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 1mb 1")
        self.client = server.client()

    def send(self, body):
        publish(self.client, body)

    def await_loss(self):
        """Until the exporter's subscription is cut."""
        eventually(lambda: "psub=0" in self._ours(), 20, "it is cut")

    def _ours(self):
        lines = self.server.command("CLIENT", "LIST", "TYPE", "pubsub")
        return lines if lines.strip() else "psub=0"

    def close(self):
        self.client.close()


@pytest.fixture(params=["rabbitmq", "redis"])
def broker(request):
    if request.param == "rabbitmq":
        made = Rabbit(request.getfixturevalue("own_rabbitmq"))
        yield made
    else:
        server = RedisServer()
        made = Redis(server)
        yield made
        server.close()
    made.close()


def sent(page):
    labels = {"name": "shop.add", "queue_name": "orders"}
    if not page.has("celery_task_sent_total", **labels):
        return 0
    return page.value("celery_task_sent_total", **labels)


def down(page):
    return page.value("celery_event_stream_down_seconds_total")


def task_sent(number):
    return event("task-sent", "gen1@box", uuid=f"{number}", name="shop.add", queue="orders")


def test_events_that_a_broker_drops_unread_are_down_time_with_a_reason(broker, start_exporter):
    exporter = start_exporter(shown.config(broker.server.url(), "control: false"))
    exporter.await_page(shown.is_listening, 15, "it listens")
    broker.send(task_sent("first"))
    exporter.await_page(lambda page: sent(page) == 1, 10, "one is counted")
    before = down(exporter.page())
    exporter.pause()
    for number in range(EVENTS):
        broker.send(task_sent(number))
    broker.await_loss()
    exporter.resume()
    exporter.await_page(lambda page: down(page) >= before + 1 and shown.is_listening(page), 30,
                        "the gap is marked, and it listens again")
    page = exporter.page()
    assert sent(page) < EVENTS, "none was lost: send more"
    assert page.errors("celery", "limit") + page.errors("celery", "connect") > 0
    marked, counted = down(page), sent(page)
    broker.send(task_sent("last"))
    exporter.await_page(lambda page: sent(page) == counted + 1, 10, "it goes on")
    assert down(exporter.page()) == marked


def test_events_that_come_faster_than_usual_and_are_read_are_no_gap(broker, start_exporter):
    exporter = start_exporter(shown.config(broker.server.url(), "control: false"))
    exporter.await_page(shown.is_listening, 15, "it listens")
    before = down(exporter.page())
    for number in range(EVENTS):
        broker.send(task_sent(number))
    exporter.await_page(lambda page: sent(page) == EVENTS, 20, "all are counted")
    assert down(exporter.page()) == before
