"""Celery applications that live beside the exporter, and what shows that it does them no harm."""

import collections
import re

from . import celery_page as shown
from .celery_app import CeleryApp
from .celery_places import await_rounds
from .waiting import eventually

TASKS = 200
ROUNDS = 5   # Control calls; at the default interval they take more than a minute.
PAIR = ("one@box", "two@box")
# What a worker says beside no exporter as well: others come, go and are late.
_USUAL = re.compile(r"\[[^]]*: INFO/[^]]*\] (Task shop\.|sync with |missed heartbeat from |"
                    r"\S+ joined the party)")
# Of Redis a worker that ends gives back what it has not begun, and says so as a warning.
_GRIEF = re.compile(r"(WARNING|ERROR|CRITICAL)/(?!\w+\] Restoring )|Traceback|Error\b")


def config(place, *lines):
    """The defaults and these options, at a quicker pace."""
    return shown.config(place.url, *lines, interval="500ms", control_interval="250ms")


class Neighbours(CeleryApp):
    """The workers of celery_odd.py in a place, and who sends them tasks."""

    application = "support.celery_odd"
    producer = "support.celery_odd_producer"

    def __init__(self, version, place, worker_url=None, odd="", **settings):
        """Settings of Celery. The workers may have an URL of their own."""
        super().__init__(version, place.url, **{"task_default_queue": "celery", **settings})
        self.for_workers = {"TASKS_BROKER": worker_url or place.url}
        self.environment.update(TASKS_ODD=odd, C_FORCE_ROOT="1")   # It permits pickle to root.
        self.place = place

    def open_doors(self, names=PAIR, queues=("celery",), options=("--without-mingle",), **more):
        """Workers of these names, two by default, which start at a time."""
        for name in names:
            self.worker(name, queues, options=options, ready=False, **more)
        for worker in self.workers:
            worker.await_ready()

    def runs(self, count, within=30):
        """Sends so many tasks: all run, and each once."""
        sent = set(self.ask("many", count, {}))

        def all_ran():
            ran = collections.Counter(note.uuid for note in self.notes()
                                      if note.uuid in sent and note.what == "succeeded")
            twice = [uuid for uuid, times in ran.items() if times > 1]
            assert not twice, f"ran more than once: {twice}"
            assert len(ran) == count, f"{len(ran)} of {count}"
            return True
        eventually(all_ran, within, f"{count} tasks ran")

    def answers(self):
        """To Celery's own client, each worker that runs."""
        names = sorted(worker.hostname for worker in self.workers if worker.is_running())
        answered = self.ask("ping", len(names))
        assert answered == names, answered

    def say_nothing(self):
        """But of tasks and of each other, once they were ready."""
        said = {worker.hostname: lines for worker in self.workers
                if worker.is_running() and (lines := _unusual(worker))}
        assert not said, said

    def serve_beside(self, exporter, rounds=ROUNDS):
        """The exporter asks for a while, and then all is as without it. What it asked for."""
        asked = await_rounds(self.place, rounds)
        exporter.assert_running()
        self.runs(TASKS)
        self.answers()
        self.say_nothing()
        return asked

    def serve_after(self, exporter):
        """The exporter ends, and all is as without it."""
        code, _ = exporter.stop()
        assert code == 0, exporter.log()[-2000:]
        self.runs(20)
        self.answers()
        self.say_nothing()

    def close_doors(self):
        """The workers end in order, and complain of nothing."""
        running = [worker for worker in self.workers if worker.is_running()]
        for worker in running:
            worker.child.terminate()
        for worker in running:
            assert worker.child.wait(20) == 0, worker.log()[-2000:]
            lines = grief(worker)
            assert not lines, lines


def _unusual(worker):
    ready = re.compile(rf"{re.escape(worker.hostname)} ready\.$")
    lines = worker.log().splitlines()
    start = max(number for number, line in enumerate(lines) if ready.search(line))
    return [line for line in lines[start + 1:] if line and not _USUAL.match(line)]


def grief(worker):
    """Lines of a worker's log that complain, from its start to its end."""
    return [line for line in worker.log().splitlines() if _GRIEF.search(line)]
