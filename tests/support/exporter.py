"""The exporter itself, run as a user runs it."""

import collections
import http.client
import os
import pathlib
import subprocess

from .page import Page
from .processes import ROOT, Process, free_port
from .waiting import eventually

BINARY = pathlib.Path(os.environ.get("EXPORTER_BINARY", ROOT / "build/release/bin/exporter"))

Answer = collections.namedtuple("Answer", "status headers body")


def environment(extra=None):
    """What the tests' own shell has set must not reach the exporter."""
    ours = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "PGBOUNCER_URL")
    kept = {key: value for key, value in os.environ.items()
            if key not in ours and not key.startswith(("EXPORTER_", "PG"))}
    return {**kept, **(extra or {})}


def run(*arguments, env=None, within=30):
    """Runs a command of the exporter to its end; the result has stdout, stderr, returncode."""
    return subprocess.run([str(BINARY), *map(str, arguments)], text=True, errors="replace",
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=within,
                          env=environment(env))


class Exporter(Process):
    """A running exporter. `config` is the text of its file, a path, or None for no file.

    `under` is a command that becomes the exporter, such as a tracer's; `binary` another build.
    """

    def __init__(self, config, arguments=(), env=None, ready=True, under=(), binary=BINARY):
        super().__init__()
        assert binary.exists(), f"{binary} is missing: build it, as scripts/test does"
        self.port = free_port()
        self.pages = []
        command = [*under, binary, "--web.listen-address", f"127.0.0.1:{self.port}", *arguments]
        if isinstance(config, str):
            path = self.folder / "exporter.yaml"
            path.write_text(config)
            command += ["--config", path]
        elif config is not None:
            command += ["--config", config]
        self.spawn(command, env=environment(env))
        if ready:
            self.await_ready()

    def await_ready(self, within=15):
        return eventually(lambda: self._is_well("ready"), within, "the exporter is ready")

    def await_healthy(self, within=15):
        """Until it answers, whatever its collectors have found."""
        return eventually(lambda: self._is_well("healthy"), within, "the exporter is healthy")

    def _is_well(self, what):
        self.assert_running()
        try:
            return self.get(f"/-/{what}").status == 200
        except ConnectionError:
            return False

    def get(self, path, method="GET", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def page(self, query=""):
        answer = self.get("/metrics" + query)
        assert answer.status == 200, f"{answer.status}: {answer.body[:500]}"
        self.pages = [answer.body.decode()]
        return Page(self.pages[0])

    def await_page(self, condition, within, what):
        """Scrapes until condition(page); returns the seconds that it took."""
        return eventually(lambda: condition(self.page()), within, what)

    def memory(self, field):
        """A line of /proc/PID/status in KiB, as RssAnon."""
        for line in pathlib.Path(f"/proc/{self.child.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        raise KeyError(field)
