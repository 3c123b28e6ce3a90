"""postgres_exporter, the peer whose page ours is compared with."""

import os
import re
import subprocess
import urllib.error
import urllib.request

from .page import Page
from .processes import Process, free_port, program
from .waiting import eventually


def _binary():
    """Debian's, or another version that EXPORTER_PEER_POSTGRES names."""
    return os.environ.get("EXPORTER_PEER_POSTGRES") or program("prometheus-postgres-exporter")


def _help():
    done = subprocess.run([_binary(), "--help"], text=True, capture_output=True, timeout=10)
    return done.stdout + done.stderr


def collectors():
    """The names of the collectors that this version knows."""
    return re.findall(r"--(?:\[no-\])?collector\.(\w+)\s", _help())


def _excluding(users):
    """Its flag for users whose statements it does not show; none where it has no such flag."""
    flag = "--collector.stat_statements.exclude_users"
    return [f"{flag}={','.join(users)}"] if flag in _help() else []


class PostgresPeer(Process):
    """A running postgres_exporter with all its collectors. It asks the server at each page."""

    def __init__(self, url, exclude_users):
        super().__init__()
        self.port = free_port()
        self.is_old = "stat_checkpointer" not in collectors()
        self.spawn([_binary(), f"--web.listen-address=127.0.0.1:{self.port}",
                    *(f"--collector.{name}" for name in collectors()),
                    *_excluding(exclude_users)], cwd=self.folder,
                   env={**os.environ, "DATA_SOURCE_NAME": url + "?sslmode=disable"})
        eventually(self._answers, 10, "postgres_exporter answers")

    def _get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return answer.read().decode()

    def _answers(self):
        self.assert_running()
        try:
            return bool(self._get("/"))
        except (urllib.error.URLError, ConnectionError):
            return False

    def page(self):
        """What it says of the server, and not of its own process."""
        lines = self._get("/metrics").splitlines()
        return Page("".join(line + "\n" for line in lines
                            if re.match(r"(# \w+ )?pg_", line)))
