"""danihodovic/celery-exporter, the peer whose page ours is compared with."""

import os
import shlex

from .peer import PeerExporter
from .processes import Process, free_port
from .waiting import eventually


def command():
    """What EXPORTER_PEER_CELERY says, as a shell would; no registry has a package of it."""
    return shlex.split(os.environ.get("EXPORTER_PEER_CELERY", ""))


class CeleryPeer(PeerExporter):
    """A running celery-exporter. It asks broker and workers at each page."""

    def __init__(self, url, *arguments):
        Process.__init__(self)
        self.port = free_port()
        self.spawn([*command(), "--broker-url", url, "--host", "127.0.0.1", "--port", self.port,
                    *arguments])
        eventually(self._answers, 20, "celery-exporter answers")
