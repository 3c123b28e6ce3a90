"""Real Celery: the versions that we support, their workers, and who sends them tasks."""

import collections
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from .celery_versions import DEBIAN, NEWEST, VERSIONS, python
from .processes import ROOT, Process
from .waiting import eventually

# What a task has written: what is "started", "succeeded", "failed", "retried" or "rejected".
Note = collections.namedtuple("Note", "name uuid what time")


class CeleryApp:
    """The application of celery_tasks.py in one version on one broker. close() ends its workers."""

    application = "support.celery_tasks"
    producer = "support.celery_producer"
    for_workers = {}   # What their environment has more than the producer's.

    def __init__(self, version, broker, **settings):
        """Settings of Celery; `queues` as {name: arguments of its declaration}."""
        self.version = version
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="exporter-celery."))
        self.journal = self.folder / "journal"
        self.gates = self.folder / "gates"
        self.gates.mkdir()
        self.python = python(version)
        self.workers = []
        self._producer = None
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        self.environment = {**kept, "PYTHONPATH": str(ROOT / "tests"),
                            "PYTHONDONTWRITEBYTECODE": "1", "TASKS_BROKER": broker,
                            "TASKS_JOURNAL": str(self.journal), "TASKS_GATES": str(self.gates),
                            "TASKS_SETTINGS": json.dumps(settings)}

    def worker(self, *arguments, ready=True, **options):
        """Worker, for its arguments."""
        self.workers.append(Worker(self, *arguments, **options))
        if ready:
            self.workers[-1].await_ready()
        return self.workers[-1]

    def send(self, name, *arguments, **options):
        """Sends shop.<name>; options as of apply_async. Returns the id."""
        return self.ask("send", f"shop.{name}", list(arguments), options)

    def ask(self, *command):
        if self._producer is None:
            self._producer = subprocess.Popen(
                [self.python, "-m", self.producer], env=self.environment, text=True,
                cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._producer.stdin.write(json.dumps(command) + "\n")
        self._producer.stdin.flush()
        answer = self._producer.stdout.readline()
        assert answer, "the producer has ended"
        answer = json.loads(answer)
        assert not isinstance(answer, dict), answer
        return answer

    def open(self, gate):
        (self.gates / gate).touch()

    def notes(self):
        if not self.journal.exists():
            return []
        whole = self.journal.read_text().rpartition("\n")[0]   # The last may be half written.
        return [Note(*json.loads(line)) for line in whole.splitlines()]

    def count(self, name, what):
        return sum(1 for note in self.notes() if (note.name, note.what) == (f"shop.{name}", what))

    def await_count(self, name, what, count, within=20):
        def reached():
            assert self.count(name, what) == count, f"{self.count(name, what)} of {count}"
            return True
        eventually(reached, within, f"{name} {what}")

    def leave(self):
        """Ends the producer: what it left on the broker is all that is to be left."""
        if self._producer is not None:
            self._producer.stdin.close()
            self._producer.wait(10)
            self._producer.stdout.close()
            self._producer = None

    def close(self):
        for worker in self.workers:
            worker.close()
        if self._producer is not None:
            self._producer.kill()
            self._producer.wait(10)
            self._producer.stdin.close()
            self._producer.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Worker(Process):
    """A worker "name@host" of some queues, ended and stopped as any process."""

    def __init__(self, app, hostname, queues, pool="prefork", concurrency=2, events=True,
                 options=()):
        super().__init__()
        self.hostname = hostname
        self.spawn([app.python, "-m", "celery", "-A", app.application, "worker",
                    "-n", hostname, "-Q", ",".join(queues), "-P", pool, "-c", concurrency,
                    "-l", "INFO", *(["-E"] if events else []), *options],
                   env={**app.environment, **app.for_workers}, cwd=self.folder)

    def await_ready(self, within=30):
        eventually(self._is_ready, within, f"{self.hostname} is ready")

    def _is_ready(self):
        self.assert_running()
        return f"{self.hostname} ready" in self.log()

    def leave(self):
        """Ends as its operator would: it says so to the others."""
        code, _ = self.stop(signal.SIGTERM, within=20)
        assert code == 0, self.log()[-2000:]
