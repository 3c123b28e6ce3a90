#!/usr/bin/python3
"""The most memory that the exporter takes while databases answer with 10, 100 and 1,000 MB: in one
cell, in a row of 1,000 columns, in small rows.

memory_bench.py [RUNS [MEGABYTES...]]: the highest of so many runs (3). Exits 1 above 64 MiB.
"""

import contextlib
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import bulk  # noqa: E402
from support.certificates import Certificates  # noqa: E402
from support.exporter import Exporter  # noqa: E402
from support.mariadb import Mariadb  # noqa: E402
from support.servers import Postgres  # noqa: E402
from support.waiting import eventually  # noqa: E402

MEGABYTE = 1_000_000
LIMIT_MIB = 64
CONFIG = """
collectors:
  - type: sql
    name: shop
    dsn: "{dsn}"
    interval: 120s
    timeout: 120s
    max_db_time: 100%
{queries}"""


def peak(dsn, texts):
    """MiB, and what was refused, of a first collection."""
    config = CONFIG.format(dsn=dsn, queries=texts.queries())
    with contextlib.closing(Exporter(config, ready=False)) as exporter:
        def has_collected():
            series = exporter.page().series("exporter_collector_collections_total",
                                            collector="shop")
            return sum(value for _, value in series) > 0

        exporter.await_healthy()
        eventually(has_collected, 150, "a first collection")
        refused = exporter.page().errors("shop", "limit")
        return exporter.memory("VmHWM") / 1024, refused


def table(name, server, dsn, texts, runs, sizes):
    """Prints the peaks of one way to a server; returns the highest."""
    highest = 0
    for shape in bulk.SHAPES:
        cells = []
        for size in sizes:
            server.sql(texts.sizes(**{shape: size * MEGABYTE}))
            found = [peak(dsn, texts) for _ in range(runs)]
            most = max(mib for mib, _ in found)
            highest = max(highest, most)
            refused = sum(refused for _, refused in found)
            cells.append(f"{most:5.1f} MiB, {refused:.0f}/{runs} refused")
        print(f"{name:16} {shape:5} " + " | ".join(cells), flush=True)
    return highest


def postgres_with_tls(folder):
    certificates = Certificates(folder)
    server = Postgres()
    server.use_tls(certificates.certificate("good"), certificates.key("good"))
    return server


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    sizes = [int(word) for word in sys.argv[2:]] or [10, 100, 1000]
    print(f"{'MB sent':22} " + " | ".join(f"{size:24}" for size in sizes))
    highest = 0
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(contextlib.closing(postgres_with_tls(folder)))
        postgres.sql(bulk.Bulk.FILL + "GRANT SELECT ON bulk TO exporter")
        for name, dsn in (("postgres tcp", postgres.url() + "?sslmode=disable"),
                          ("postgres tls", postgres.url() + "?sslmode=require"),
                          ("postgres socket", postgres.socket_url())):
            highest = max(highest, table(name, postgres, dsn, bulk.POSTGRES, runs, sizes))
        mariadb = stack.enter_context(contextlib.closing(Mariadb(tls=True)))
        mariadb.sql("SET GLOBAL max_allowed_packet = 1 << 30;" + bulk.Bulk.FILL)
        for name, parameters in (("mariadb tcp", ""), ("mariadb tls", "ssl-mode=REQUIRED")):
            dsn = mariadb.url(parameters=parameters)
            highest = max(highest, table(name, mariadb, dsn, bulk.MYSQL, runs, sizes))
        sqlite = bulk.SqliteFile(folder / "shop.db")
        highest = max(highest, table("sqlite", sqlite, sqlite.url(), bulk.SQLITE, runs, sizes))
    return 1 if highest > LIMIT_MIB else 0


if __name__ == "__main__":
    sys.exit(main())
