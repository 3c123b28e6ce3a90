"""prometheus-community/pgbouncer_exporter, the peer whose page ours is compared with."""

import os

from .peer import PeerExporter
from .processes import Process, free_port
from .waiting import eventually


def binary():
    """What EXPORTER_PEER_PGBOUNCER names; Debian has no package of it."""
    return os.environ.get("EXPORTER_PEER_PGBOUNCER")


class PgBouncerPeer(PeerExporter):
    """A running pgbouncer_exporter. It connects anew for each page."""

    def __init__(self, url):
        Process.__init__(self)
        self.port = free_port()
        self.spawn([binary(), f"--pgBouncer.connectionString={url}?sslmode=disable",
                    f"--web.listen-address=127.0.0.1:{self.port}"])
        eventually(self._answers, 10, "pgbouncer_exporter answers")

    def _answers(self):
        self.assert_running()
        try:
            return "pgbouncer_up" in self._get("/metrics")
        except OSError:
            return False
