"""An application that makes and drops databases beside us, on a real PostgreSQL."""

import time

import pytest

from support.servers import Postgres
from support.waiting import eventually

SECONDS = 15   # PostgreSQL itself waits five seconds for the sessions of a database to leave.

TOUR = """
collectors:
  - type: sql
    dsn: "{url}"
    interval: 100ms
    timeout: 100ms
    max_db_time: 100%
    databases: {{include: ["branch.*"], interval: 100ms}}
    counts:
      - {{metric: relations, table: pg_class}}
      - {{metric: types, table: pg_type, by: [typtype]}}
    queries: [{{sql: SELECT count(*) AS v FROM pg_proc, metrics: [{{name: functions, value: v}}]}}]
"""
# One visit lasts for as long as all that PostgreSQL waits, and longer.
LONG_TOUR = """
collectors:
  - type: sql
    dsn: "{url}"
    interval: 16s
    timeout: 16s
    max_db_time: 100%
    databases: {{include: ["branch.*"], interval: 16s}}
"""
# Counts on one table are one part, and each of these is a statement of its own.
SLOW = {"queries": ("{{sql: 'SELECT {n} AS v, pg_sleep(1)',"
                    " metrics: [{{name: slow_{n}, value: v}}]}}"),
        "counts": ("{{metric: slow_{n}, table: pg_am, count_up_to: 10,"
                   " where: \"(SELECT pg_sleep(1)::text) = ''\"}}")}

KEPT = """
collectors:
  - type: sql
    dsn: "{url}"
    interval: 100ms
    timeout: 100ms
    counts: [{{metric: relations, table: pg_class}}]
"""


@pytest.fixture
def server():
    own = Postgres()
    yield own
    own.close()


def tries(server, seconds, statements):
    """How often the statements were tried for so long, how often one failed, the longest time."""
    done = failed = 0
    longest = 0.0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        try:
            for statement in statements:
                server.sql(statement, "postgres")
        except AssertionError as error:
            assert "is being accessed by other users" in str(error)
            failed += 1
        done += 1
        longest = max(longest, time.monotonic() - began)
    return done, failed, longest


def test_a_tour_keeps_no_database_from_being_dropped_or_copied(server, start_exporter):
    server.sql("CREATE DATABASE branch", "postgres")
    exporter = start_exporter(TOUR.format(url=server.url()))
    exporter.await_page(lambda page: page.has("relations", datname="branch"), 30, "it tours")
    before = exporter.page().successes("sql")
    done, failed, longest = tries(server, SECONDS, [
        "CREATE DATABASE branch_2 TEMPLATE branch", "ALTER DATABASE branch_2 RENAME TO branch_3",
        "DROP DATABASE branch_3"])
    print(f"{done} times copied, renamed and dropped, {failed} failed, the longest {longest:.2f} s")
    assert done >= 3 and failed == 0
    assert exporter.page().successes("sql") > before, "it has collected meanwhile"
    exporter.await_page(lambda page: not page.has("relations", datname="branch_3"), 10,
                        "it is gone")


@pytest.mark.parametrize("kind", SLOW)
def test_a_visit_of_many_slow_statements_keeps_it_for_no_longer_than_one(server, start_exporter,
                                                                         kind):
    server.sql("CREATE DATABASE branch", "postgres")
    slow = "".join(f"      - {SLOW[kind].format(n=n)}\n" for n in range(8))
    start_exporter(f"{LONG_TOUR.format(url=server.url())}    {kind}:\n{slow}", ready=False)
    eventually(lambda: server.sql("SELECT 1 FROM pg_stat_activity WHERE datname = 'branch'"
                                  " AND query LIKE '%pg_sleep(1)%'"), 20, "the visit began")
    began = time.monotonic()
    server.sql("DROP DATABASE branch", "postgres")   # Its failure is the test's.
    print(f"dropped after {time.monotonic() - began:.2f} s")


def test_a_session_that_is_kept_does(server, start_exporter):
    """Which the other test would not see if no session of ours were ever in the way."""
    server.sql("CREATE DATABASE branch", "postgres")
    exporter = start_exporter(KEPT.format(url=server.url(database="branch")))
    exporter.await_page(lambda page: page.has("relations"), 30, "it collects")
    done, failed, _ = tries(server, 1, ["DROP DATABASE branch"])
    assert done == failed >= 1
