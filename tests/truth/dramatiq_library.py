"""Dramatiq by its own library, on a Redis or a RabbitMQ."""

import json
import os
import time

from dramatiq import Message
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker

URL = os.environ["QUEUE_URL"]
IS_RABBITMQ = URL.startswith("amqp")
# Maintenance is for workers that died long ago, at random.
BROKER = RabbitmqBroker(url=URL) if IS_RABBITMQ else RedisBroker(url=URL, maintenance_chance=0)
HOUR = 3600000
_held = []   # A consumer gives back what it holds if it goes.


def _send(queue, count, delay=None):
    """The first is the oldest: by an hour, and each that follows by a minute less."""
    for i in range(count):
        sent = int(time.time() * 1000) - HOUR + i * 60000
        BROKER.enqueue(Message(queue, "nothing", (), {}, {}, message_timestamp=sent), delay=delay)


def _take(queue, count):
    """Fetches so many messages; the consumer, and what it got."""
    consumer = BROKER.consume(queue, prefetch=count, timeout=1000)
    got = []
    while len(got) < count:
        got += filter(None, [next(consumer)])
    return consumer, got


def put(name, states):
    BROKER.declare_queue(name)
    if states.get("failed"):
        _send(name, states["failed"])
        consumer, messages = _take(name, states["failed"])
        for message in messages:
            consumer.nack(message)
        consumer.close()
    if states.get("held"):
        _send(name, states["held"], delay=HOUR)
        _held.append(_take(name + ".DQ", states["held"]))
    if states.get("active"):
        _send(name, states["active"])
        _held.append(_take(name, states["active"]))
    _send(name, states.get("waiting", 0))
    _send(name, states.get("scheduled", 0), delay=HOUR)
    if IS_RABBITMQ:
        BROKER.get_queue_message_counts(name)   # All three are there now.


def ask(name):
    if IS_RABBITMQ:
        return dict(zip(("waiting", "scheduled", "failed"),
                        BROKER.get_queue_message_counts(name)))
    client, key = BROKER.client, f"{BROKER.namespace}:{name}"
    # What a worker has fetched no call of the library tells.
    fetched = [one for one in client.scan_iter(count=1000, _type="SET")
               if one.startswith(b"dramatiq:__acks__.") and one.endswith(b"." + name.encode())]
    first = client.lindex(key, 0)
    sent = first and json.loads(client.hget(key + ".msgs", first))["message_timestamp"]
    return {"waiting": client.llen(key), "active": sum(map(client.scard, fetched)),
            "scheduled": client.hlen(key + ".DQ.msgs"), "failed": client.zcard(key + ".XQ"),
            "since": sent and sent / 1000}
