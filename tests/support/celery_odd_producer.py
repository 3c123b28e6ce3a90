"""celery_producer.py with commands more, of the application of celery_odd.py.

["many", count, options] sends so many shop.add and answers their ids, ["thing", gate, options]
sends shop.hold with an argument that JSON cannot write, and ["ping", workers] asks the workers as
`celery inspect ping` does, until so many have answered; the names of those that have.
"""

from support.celery_odd import Thing, app
from support.celery_producer import main

ANSWERS_WITHIN = 10


def _many(connection, count, options):
    with connection.Producer() as producer:
        return [app.send_task("shop.add", (number, 1), producer=producer, **options).id
                for number in range(count)]


def _thing(connection, gate, options):
    return app.send_task("shop.hold", (Thing(gate),), connection=connection, serializer="pickle",
                         **options).id


def _ping(connection, workers):
    inspect = app.control.inspect(timeout=ANSWERS_WITHIN, limit=workers, connection=connection)
    return sorted(inspect.ping() or {})


if __name__ == "__main__":
    main(many=_many, thing=_thing, ping=_ping)
