"""Captures what a real PgBouncer's console answers: the fixtures of tests/data/pgbouncer.

    PYTHONPATH=tests python3 -m support.capture_pgbouncer FOLDER

Two clients hold the two server connections of a pool, a third waits, a fourth asks nothing.
"""

import pathlib
import re
import sys

from .pgbouncer import PgBouncer
from .servers import Postgres
from .waiting import eventually

WORDS = ("VERSION", "LISTS", "CONFIG", "DATABASES", "POOLS", "STATS_TOTALS", "CLIENTS", "USERS")


def _anonymous(text, bouncer, postgres):
    """Without what tells of the machine."""
    for found, shown in ((str(bouncer.folder), "/etc/pgbouncer"), (str(bouncer.port), "6432"),
                         (str(postgres.port), "5432")):
        text = text.replace(found, shown)
    return re.sub(r"0x[0-9a-f]+", "0x0", text)


def _capture(bouncer, postgres, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for word in WORDS:
        text = _anonymous(bouncer.console(f"SHOW {word}"), bouncer, postgres)
        (folder / f"{word.lower()}.tsv").write_text(text)


def main(folder):
    postgres = Postgres()
    bouncer = PgBouncer(postgres)
    try:
        with bouncer.client("web", "BEGIN", "SELECT 1"), \
                bouncer.client("web", "BEGIN", "SELECT 1"), \
                bouncer.client("worker") as waiting, bouncer.client("idle"):
            waiting.send("SELECT 1")
            eventually(lambda: bouncer.pool()["maxwait"] == "1", 10, "one waits for a second")
            _capture(bouncer, postgres, folder)
    finally:
        bouncer.close()
        postgres.close()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
