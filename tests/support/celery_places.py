"""Brokers for one story each, with an ear for the control messages that pass there."""

import base64
import collections
import itertools
import json

from .waiting import eventually

_numbers = itertools.count()


class RedisPlace:
    """A database of a Redis. `url` is the exporter's; workers may have another."""

    kind = "redis"

    def __init__(self, server):
        self.server = server
        self.database = next(_numbers)
        self.url = server.url(database=self.database)
        self._ear = None

    def asked(self):
        """The methods that workers were asked for since the last call, and how often.

        From the first call on there is one more who listens to control calls."""
        if self._ear is None:
            self._ear = self.server.client()
            self._ear.ask("PSUBSCRIBE", f"*/{self.database}.celery.pidbox")
        self._ear.send(("PING",))
        found = collections.Counter()
        while (heard := self._ear.receive())[0] == "pmessage":
            found[_method(base64.b64decode(json.loads(heard[-1])["body"]))] += 1
        return found

    def close(self):
        if self._ear is not None:
            self._ear.close()
        with self.server.client() as client:
            client.ask("SELECT", self.database)
            client.ask("FLUSHDB")


class RabbitPlace:
    """A virtual host of a RabbitMQ."""

    kind = "rabbitmq"
    # What is asked expires: so it passes on at once to a queue where nothing does.
    _EAR, _HEARD = "ear", "heard"

    def __init__(self, server):
        self.server = server
        self.vhost = f"story{next(_numbers)}"
        server.make_vhost(self.vhost)
        self.url = server.url(vhost=self.vhost)
        self._call("PUT", f"queues/{self.vhost}/{self._HEARD}", {"durable": False})
        self._call("PUT", f"queues/{self.vhost}/{self._EAR}", {"durable": False, "arguments": {
            "x-message-ttl": 0, "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": self._HEARD}})
        self._hears = False

    def _listen(self):
        """As soon as somebody has made the exchange: what the ear makes nobody else would."""
        try:
            self._call("POST", f"bindings/{self.vhost}/e/celery.pidbox/q/{self._EAR}", {})
        except AssertionError as error:
            assert ": 404 " in str(error), error
            return False
        return True

    def asked(self):
        self._hears = self._hears or self._listen()
        heard = self._call("POST", f"queues/{self.vhost}/{self._HEARD}/get", {
            "count": 10000, "ackmode": "ack_requeue_false", "encoding": "auto"})
        return collections.Counter(_method(message["payload"]) for message in heard)

    def consumers(self):
        """How many each queue has, but for the ear and those of the workers' control messages."""
        rows = self._call("GET", f"queues/{self.vhost}?columns=name,consumers")
        return {row["name"]: row.get("consumers") for row in rows
                if row["name"] not in (self._EAR, self._HEARD)
                and not row["name"].endswith(".pidbox")}

    def _call(self, method, path, body=None):
        return self.server.api(method, f"/api/{path}", body)

    def close(self):
        self._call("DELETE", f"vhosts/{self.vhost}")


def _method(body):
    """Of a message that Python or we wrote; those of pickle are of nobody that we ask about."""
    try:
        return json.loads(body)["method"]
    except ValueError:
        return "pickled"


def await_rounds(place, rounds, within=30):
    """Until the workers were asked for one thing so often; what they were asked for."""
    asked = collections.Counter()

    def enough():
        asked.update(place.asked())
        assert max(asked.values(), default=0) >= rounds, asked
        return True
    eventually(enough, within, f"{rounds} control calls")
    return asked
