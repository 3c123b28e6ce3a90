#!/usr/bin/python3
"""What the counts of 2,000,000 tasks cost PostgreSQL: one shared statement of ours, and the two
apart as sql_exporter runs them; a plain count in mode auto.

Exits 1 above a limit of the project: one statement, 55% of the pages, a plain count in a
millisecond. The time is for the reader: it depends on who else is on the machine.
"""

import contextlib
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.exporter import Exporter, run  # noqa: E402
from support.servers import Postgres  # noqa: E402

ROWS = 2_000_000
COLLECTIONS = 10
PAGES_LIMIT = 0.55
PLAIN_LIMIT = 0.001
OVERDUE = "due_at < now() AND status <> 'COMPLETED'"
FILL = f"""
CREATE EXTENSION pg_stat_statements;
INSERT INTO tasks (organization_id, status, priority, created_at, due_at)
SELECT 1 + least(i % 8, i % 11),
       (ARRAY['PENDING', 'RUNNING', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'FAILED'])
         [1 + i / 8 % 6],
       (ARRAY['low', 'normal', 'high'])[1 + i % 3], now() - i * interval '10 minutes',
       CASE WHEN i % 5 <> 0 THEN now() + (i % 200 - 100) * interval '6 hours' END
FROM generate_series((SELECT count(*) + 1 FROM tasks), {ROWS}) AS i;
ANALYZE tasks;
"""
APART = (
    "SELECT organization_id, status, count(*) FROM tasks GROUP BY 1, 2",
    f"SELECT organization_id, priority, count(*) FROM tasks WHERE {OVERDUE} GROUP BY 1, 2",
)
CONFIG = """
collectors:
  - type: sql
    dsn: "{dsn}"
    parallel: {parallel}
    interval: {interval}
    counts:
"""
COUNTS = f"""
      - {{metric: tasks_by_status, table: tasks, by: [organization_id, status]}}
      - {{metric: tasks_overdue, table: tasks, where: "{OVERDUE}", by: [organization_id, priority]}}
"""
PLAIN = "      - {metric: tasks_total, table: tasks, mode: auto}\n"


def figures(server, which):
    """Statements, and of a collection: calls, pages and seconds, of these the best."""
    rows = server.sql(f"""
SELECT count(*), sum(calls), sum(shared_blks_hit + shared_blks_read), sum(min_exec_time) / 1000
FROM pg_stat_statements WHERE query LIKE 'SELECT %FROM%tasks%' AND query {which}""")
    statements, calls, pages, seconds = (float(cell) for cell in rows[0])
    return statements, calls / COLLECTIONS, pages / COLLECTIONS, seconds


def collections(server, workers):
    """What ours costs, and the statements apart: in turn, as the machine is shared."""
    path = server.folder / "exporter.yaml"
    parallel = "true" if workers else "false"
    path.write_text(CONFIG.format(dsn=server.url(), parallel=parallel, interval="15s") + COUNTS)
    server.sql("SELECT count(*) FROM tasks; SELECT pg_stat_statements_reset()")
    for _ in range(COLLECTIONS):
        done = run("collect", "--config", path)
        assert done.returncode == 0, done.stderr
        server.sql(f"SET max_parallel_workers_per_gather = {workers};" + ";".join(APART))
    return (figures(server, "LIKE '%exporter_count_%'"),
            figures(server, "NOT LIKE '%exporter_count_%'"))


def plain(server):
    """Seconds of a collection of one plain count in mode auto, the connection being there."""
    config = CONFIG.format(dsn=server.url(), parallel="false", interval="100ms") + PLAIN
    with contextlib.closing(Exporter(config)) as exporter:
        exporter.await_page(lambda page: page.successes("sql") > 1, 10, "a first collection")
        durations = []
        for _ in range(20):
            time.sleep(0.1)
            page = exporter.page()
            assert abs(page.value("tasks_total") - ROWS) < 0.02 * ROWS
            durations.append(page.value("exporter_collector_duration_seconds", collector="sql"))
    return sorted(durations)[len(durations) // 2]


def main():
    good = True
    settings = ["shared_preload_libraries=pg_stat_statements", "max_parallel_workers_per_gather=2",
                "autovacuum=off"]
    print(f"{'counts of 2,000,000 tasks, a collection':42} {'exporter':>9} {'apart':>9}")
    with contextlib.closing(Postgres(settings)) as server:
        server.sql(FILL)
        for workers in (0, 2):
            ours, theirs = collections(server, workers)
            good = good and ours[0] == ours[1] == 1 and ours[2] <= PAGES_LIMIT * theirs[2]
            print(f"{f'{workers} workers: statements':42} {ours[1]:9.0f} {theirs[1]:9.0f}")
            print(f"{f'{workers} workers: pages':42} {ours[2]:9.0f} {theirs[2]:9.0f}")
            print(f"{f'{workers} workers: ms':42} {ours[3] * 1e3:9.0f} {theirs[3] * 1e3:9.0f}")
        seconds = plain(server)
    good = good and seconds < PLAIN_LIMIT
    print(f"{'a plain count, mode auto: ms':42} {seconds * 1e3:9.2f}")
    print("pass" if good else "FAIL")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
