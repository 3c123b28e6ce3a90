"""Systems in Python by their own libraries: queue_library.py put|hold|ask FILE of the queues.

`hold` is `put` by one that stays until it is ended, and says in FILE.held that all is there.
"""

import datetime
import json
import os
import pathlib
import signal
import sys

import arq_library
import celery_library
import dramatiq_library
from huey import RedisHuey
from redis import Redis
from rq import Queue
from rq.job import Job

URL = os.environ["QUEUE_URL"]
REDIS = None if URL.startswith("amqp") else Redis.from_url(URL)
HOUR = datetime.timedelta(hours=1)


def put_rq(name, states):
    queue = Queue(name, connection=REDIS)
    for _ in range(states.get("waiting", 0)):
        queue.enqueue("os.getpid")
    for _ in range(states.get("scheduled", 0)):
        queue.enqueue_in(HOUR, "os.getpid")
    kept = {"failed": queue.failed_job_registry, "finished": queue.finished_job_registry,
            "blocked": queue.deferred_job_registry}
    for state, registry in kept.items():
        for _ in range(states.get(state, 0)):
            job = Job.create("os.getpid", connection=REDIS, origin=name)
            job.save()
            registry.add(job, 3600)


def ask_rq(name):
    queue = Queue(name, connection=REDIS)
    return {"waiting": queue.count, "active": queue.started_job_registry.count, "stalled": 0,
            "scheduled": queue.scheduled_job_registry.count,
            "blocked": queue.deferred_job_registry.count,
            "failed": queue.failed_job_registry.count,
            "finished": queue.finished_job_registry.count}


def put_huey(name, states):
    huey = RedisHuey(name, url=URL)

    @huey.task(name="nothing")
    def nothing():
        pass

    for _ in range(states.get("waiting", 0)):
        nothing()
    for i in range(states.get("scheduled", 0)):
        eta = datetime.datetime.now() + HOUR
        huey.add_schedule(nothing.s(eta=eta + datetime.timedelta(seconds=i)))


def ask_huey(name):
    huey = RedisHuey(name, url=URL)
    return {"waiting": huey.pending_count(), "scheduled": huey.scheduled_count()}


SYSTEMS = {"rq": (put_rq, ask_rq), "huey": (put_huey, ask_huey),
           **{name: (library.put, library.ask) for name, library in (
               ("arq", arq_library), ("celery", celery_library), ("dramatiq", dramatiq_library))}}


def main(command, path):
    path = pathlib.Path(path)
    queues = json.loads(path.read_text())
    for queue in queues:
        put, ask = SYSTEMS[queue["system"]]
        if command == "ask":
            queue["states"] = ask(queue["name"], *queue["more"])
        else:
            put(queue["name"], queue["states"], *queue["more"])
    path.write_text(json.dumps(queues))
    if command == "hold":
        path.with_suffix(".held").touch()
        signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
