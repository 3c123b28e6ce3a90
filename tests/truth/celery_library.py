"""Queues of Celery by kombu, which is Celery's own way to its brokers."""

import functools
import json
import os

from kombu import Connection
from redis import Redis

URL = os.environ["QUEUE_URL"]
IS_RABBITMQ = URL.startswith("amqp")
PRIORITIES = 10


class Place:
    """A connection with an application's transport options."""

    def __init__(self, options):
        self.connection = Connection(URL, transport_options=options)
        self.channel = self.connection.channel()
        # Who goes gives back what it holds; who is killed does not.
        self.channel.do_restore = False
        self.producer = self.connection.Producer(channel=self.channel)

    def declare(self, name, **arguments):
        if not IS_RABBITMQ:
            arguments = {}
        return self.channel.queue_declare(name, durable=True, auto_delete=False,
                                          arguments=arguments)

    def publish(self, name, count):
        for i in range(count):
            self.producer.publish({}, exchange="", routing_key=name, priority=i % PRIORITIES)


@functools.cache
def _place(options):
    return Place(json.loads(options))


def put(name, states, options):
    place = _place(json.dumps(options))
    place.declare(name, **{"x-max-priority": PRIORITIES} if states.get("sorted") else {})
    place.publish(name, states.get("unacked", 0))
    for _ in range(states.get("unacked", 0)):
        assert place.channel.basic_get(name, no_ack=False)
    place.publish(name, states.get("waiting", 0))


def ask(name, options):
    place = _place(json.dumps(options))
    if IS_RABBITMQ:
        found = place.channel.queue_declare(name, passive=True)
        return {"waiting": found.message_count}
    key = options.get("global_keyprefix", "") + "unacked"
    held = [json.loads(value) for value in Redis.from_url(URL).hvals(key)]
    return {"waiting": place.declare(name).message_count, "scheduled": 0,
            "unacked": sum(routing_key == name for _, _, routing_key in held)}
