"""A sender of tasks: commands as lines of JSON on stdin, an answer to each on stdout.

["send", name, arguments, options] answers the id of the task, all others null:
["revoke", id, options], ["purge", queue], ["exclusive", queue], which declares a queue that nobody
else may use, and ["events"], which makes the exchange of events as the first who sends one does.
An error is answered as {"error": text}.
"""

import json
import sys

from celery.events.event import get_exchange
from kombu import Queue

from support.celery_tasks import app


def _send(connection, name, arguments, options):
    return app.send_task(name, arguments, connection=connection, **options).id


def _revoke(connection, uuid, options):
    app.control.revoke(uuid, connection=connection, **options)


def _purge(connection, queue):
    with connection.channel() as channel:
        channel.queue_purge(queue)


def _exclusive(connection, queue):
    Queue(queue, exclusive=True, channel=connection.default_channel).declare()


def _events(connection):
    get_exchange(connection)(connection.default_channel).declare()


def main(**more):
    """Serves the commands, and those that are given: name=function(connection, ...)."""
    commands = {"send": _send, "revoke": _revoke, "purge": _purge,
                "exclusive": _exclusive, "events": _events, **more}
    with app.connection_for_write() as connection:
        for line in sys.stdin:
            command, *arguments = json.loads(line)
            try:
                answer = commands[command](connection, *arguments)
            except Exception as error:  # pylint: disable=broad-except
                answer = {"error": repr(error)}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
