"""oliver006/redis_exporter, the peer whose page ours is compared with."""

import os
import re
import subprocess
import urllib.error
import urllib.request

from .page import Page
from .processes import Process, free_port, program
from .servers import REDIS_PASSWORD
from .waiting import eventually


def _binary():
    """Debian's, or another version that EXPORTER_PEER_REDIS names."""
    return os.environ.get("EXPORTER_PEER_REDIS") or program("prometheus-redis-exporter")


def said_by(binary, flag):
    """What an exporter says of itself, whichever of its outputs it takes."""
    done = subprocess.run([binary, flag], text=True, capture_output=True, timeout=10)
    return done.stdout + done.stderr


def version_of(binary):
    """Its version, as 1.69.0."""
    return re.search(r"\b\d+\.\d+\.\d+", said_by(binary, "--version"))[0]


def _known_flags():
    return {line.split()[0] for line in said_by(_binary(), "--help").splitlines()
            if line.startswith("  -")}


class PeerExporter(Process):
    """A running redis_exporter. It asks the server at each page, and never else."""

    def __init__(self, port, **flags):
        """Flags as check_keys="db0=a*"; one that this version does not know is left out."""
        super().__init__()
        self.port = free_port()
        self.version = version_of(_binary())
        given = {"-" + name.replace("_", "-"): value for name, value in flags.items()}
        known = _known_flags()
        self.left_out = sorted(flag for flag in given if flag not in known)
        self.spawn([_binary(), "-redis.addr", f"redis://127.0.0.1:{port}",
                    "-web.listen-address", f"127.0.0.1:{self.port}", "-redis-only-metrics",
                    *(f"{flag}={value}" for flag, value in given.items() if flag in known)],
                   env={**os.environ, "REDIS_PASSWORD": REDIS_PASSWORD})
        eventually(self._answers, 10, "redis_exporter answers")

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
        return Page(self._get("/metrics"))
