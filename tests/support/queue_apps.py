"""Applications with the queue systems' own libraries, each in tests/support/queue_apps."""

import os
import shutil
import sys

from .kept import kept, run
from .processes import ROOT, Process, program
from .waiting import eventually

APPS = ROOT / "tests/support/queue_apps"


def _installed(listing, install):
    """The folder where install(listing, folder) has put what the file lists."""
    return kept(listing.stem, listing.read_bytes() + sys.version.encode(),
                lambda folder: install(listing, folder))


def _pip(listing, folder):
    run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--target", folder, "-r", listing])


def _npm(listing, folder):
    shutil.copy(listing, folder)
    run([program("npm"), "install", "--silent", "--no-audit", "--no-fund"], cwd=folder)


class App:
    """Runs an application's commands against a Redis; its script is one of APPS, or a path."""

    def __init__(self, redis, script, listing=None):
        self.redis = redis
        self.words = [APPS / script]
        self.environment = {**os.environ, "QUEUE_URL": redis.url()}
        self.workers = []
        if self.words[0].suffix == ".py":
            packages = _installed(APPS / (listing or "requirements.txt"), _pip)
            self.environment["PYTHONPATH"] = f"{packages}:{APPS}"
            self.words.insert(0, sys.executable)
        elif self.words[0].suffix == ".js":
            packages = _installed(APPS / (listing or "package.json"), _npm)
            self.environment["NODE_PATH"] = str(packages / "node_modules")
            self.words.insert(0, program("node"))
        else:
            self.words.insert(0, program("ruby"))

    def run(self, *words):
        run([*self.words, *words], env=self.environment, timeout=60)

    def start(self, *words, command=None):
        """A worker that runs until it is closed."""
        worker = Process()
        self.workers.append(worker)
        worker.spawn(command or [*self.words, *words], env=self.environment)
        return worker

    def await_count(self, count, *command):
        """Until the command of Redis answers with that number."""
        def counted():
            for worker in self.workers:
                if worker.child is not None and not worker.is_running():
                    worker.assert_running()
            return self.redis.command(*command) == str(count)
        eventually(counted, 30, f"{command} is {count}")

    def close(self):
        for worker in self.workers:
            worker.close()
