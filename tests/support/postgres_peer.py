"""postgres_exporter, the peer whose page ours is compared with."""

import os
import re
import urllib.error
import urllib.request

from .page import Page
from .peer import said_by, version_of
from .processes import Process, free_port, program
from .waiting import eventually


def _binary():
    """Debian's, or another version that EXPORTER_PEER_POSTGRES names."""
    return os.environ.get("EXPORTER_PEER_POSTGRES") or program("prometheus-postgres-exporter")


def collectors():
    """The names of the collectors that this version knows."""
    return re.findall(r"--(?:\[no-\])?collector\.(\w+)\s", said_by(_binary(), "--help"))


EXCLUDE_USERS = "--collector.stat_statements.exclude_users"


class PostgresPeer(Process):
    """A running postgres_exporter with all its collectors. It asks the server at each page.

    It shows no statements of `exclude_users`; a version without a flag for that has them taken
    from its page.
    """

    def __init__(self, url, exclude_users):
        super().__init__()
        self.port = free_port()
        self.version = version_of(_binary())
        flags = [f"{EXCLUDE_USERS}={','.join(exclude_users)}"]
        self._left_out = re.compile("(?!)")
        if EXCLUDE_USERS not in said_by(_binary(), "--help"):
            flags = []
            users = "|".join(map(re.escape, exclude_users))
            self._left_out = re.compile(f'pg_stat_statements_.*\\buser="({users})"')
        self.is_old = "stat_checkpointer" not in collectors()
        self.spawn([_binary(), f"--web.listen-address=127.0.0.1:{self.port}",
                    *(f"--collector.{name}" for name in collectors()),
                    *flags], cwd=self.folder,
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
                            if re.match(r"(# \w+ )?pg_", line)
                            and not self._left_out.match(line)))
