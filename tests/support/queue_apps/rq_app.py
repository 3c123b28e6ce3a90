"""An application with RQ: rq_app.py put|many COUNT|work QUEUE|burst QUEUE"""

import datetime
import os
import sys

from redis import Redis
from rq import Queue, SimpleWorker

URL = os.environ["QUEUE_URL"]


def ok(_):
    pass


def fail(_):
    raise ValueError("told to")


def hold(_):
    """Runs until something is pushed to `gate`."""
    redis = Redis.from_url(URL)
    redis.set("holding", 1)
    redis.blpop("gate")


def count(number):
    """Notes how often it ran."""
    Redis.from_url(URL).hincrby("ran", number, 1)


def put(redis):
    mails = Queue("mails", connection=redis)
    jobs = [mails.enqueue("rq_app.ok", "secret-argument") for _ in range(3)]
    for _ in range(2):
        mails.enqueue_in(datetime.timedelta(hours=1), "rq_app.ok", "secret-argument")
    mails.enqueue("rq_app.ok", "secret-argument", depends_on=jobs[0])
    Queue("broken", connection=redis).enqueue("rq_app.fail", "secret-argument")
    Queue("broken", connection=redis).enqueue("rq_app.ok", "secret-argument")
    Queue("slow", connection=redis).enqueue("rq_app.hold", "secret-argument")


def main(command, *queues):
    redis = Redis.from_url(URL)
    if command == "put":
        put(redis)
    elif command == "many":
        for number in range(int(queues[0])):
            Queue("mails", connection=redis).enqueue("rq_app.count", number)
    else:
        SimpleWorker([Queue(name, connection=redis) for name in queues],
                     connection=redis).work(burst=command == "burst")


if __name__ == "__main__":
    main(*sys.argv[1:])
