#!/usr/bin/python3
"""Whether 256 collectors keep their schedule, and what they cost.

Each counts in a file of SQLite's, under a name of its own and under names that all of them share,
and a client takes the page every second. Exits 1 if a collector falls behind or the process takes
more than its part of a core. EXPORTER_BENCH_OTHER names another exporter to measure in the same
run.
"""

import os
import pathlib
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.exporter import BINARY, Exporter  # noqa: E402

COLLECTORS = 256
INTERVAL = 5
SECONDS = 30
SHARED = 20
LEAST_COLLECTIONS = SECONDS // INTERVAL
CPU_LIMIT = 0.2   # Of a core.


def config(database):
    lines = [f"global: {{interval: {INTERVAL}s, timeout: {INTERVAL}s}}", "collectors:"]
    for number in range(COLLECTORS):
        counts = [f"{{metric: shared_{i}, table: rows}}" for i in range(SHARED)]
        counts.append(f"{{metric: own_{number}, table: rows}}")
        lines += [f"  - type: sql\n    name: c{number}\n    labels: {{part: c{number}}}\n"
                  f"    dsn: \"sqlite://{database}\"\n    counts: [{', '.join(counts)}]"]
    return "\n".join(lines)


def measure(binary, folder):
    database = folder / "shop.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS rows (shop TEXT)")
    exporter = Exporter(config(database), binary=pathlib.Path(binary))
    try:
        names = [f"c{number}" for number in range(COLLECTORS)]
        exporter.await_page(lambda page: all(page.successes(name) for name in names), 60,
                            "all have collected")
        before, cpu, start = exporter.page(), exporter.cpu_seconds(), time.monotonic()
        while time.monotonic() < start + SECONDS + 1:
            exporter.get("/metrics", headers={"Accept-Encoding": "gzip"})
            time.sleep(1)
        used = (exporter.cpu_seconds() - cpu) / (time.monotonic() - start)
        after = exporter.page()
        fewest = min(after.successes(name) - before.successes(name) for name in names)
    finally:
        exporter.close()
    return fewest, used


def main():
    print(f"{COLLECTORS} collectors at {INTERVAL} s, {SECONDS} s:  fewest collections   of a core")
    good = True
    for name, binary in (("exporter", BINARY), ("other", os.environ.get("EXPORTER_BENCH_OTHER"))):
        if not binary:
            continue
        with tempfile.TemporaryDirectory() as folder:
            fewest, used = measure(binary, pathlib.Path(folder))
        print(f"{name:35} {fewest:18.0f} {used:12.1%}", flush=True)
        if name == "exporter":
            good = fewest >= LEAST_COLLECTIONS and used <= CPU_LIMIT
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
