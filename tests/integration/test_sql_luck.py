"""A statement that was unlucky is asked again soon, whatever its interval: all here is hourly."""

import concurrent.futures
import contextlib
import signal
import sqlite3

import pytest

from support.servers import Postgres
from support.waiting import eventually

SOON = 90   # Retries come after 5, 15, 35 and 75 s.
HOURLY = """
collectors:
  - type: sql
    name: shop
    interval: 1h
    timeout: {timeout}
    max_db_time: 100%
    dsn: "{dsn}"
"""


@pytest.fixture(scope="module")
def server():
    with contextlib.closing(Postgres()) as own:
        own.sql("CREATE DATABASE luck")
        own.sql("CREATE TABLE good (i int); INSERT INTO good VALUES (1);"
                "CREATE TABLE locked (i int); INSERT INTO locked VALUES (1), (2);"
                "GRANT SELECT ON good, locked TO exporter; GRANT CREATE ON SCHEMA public TO shop;"
                "ALTER TABLE locked OWNER TO shop", database="luck")
        yield own


def hourly(dsn, parts, timeout="5s"):
    return HOURLY.format(dsn=dsn, timeout=timeout) + parts


def has(name):
    return lambda page: page.has(name)


def page_when(exporter, condition, within, what):
    exporter.await_page(condition, within, what)
    return exporter.page()


def test_what_a_lock_kept_from_us_is_asked_again_and_nothing_else(server, start_exporter):
    with server.client("holder") as holder:
        holder.run(r"\connect luck", "BEGIN", "LOCK TABLE locked IN ACCESS EXCLUSIVE MODE")
        exporter = start_exporter(hourly(server.url(database="luck"), """
    counts:
      - {metric: good_rows, table: good}
      - {metric: locked_rows, table: locked}
    queries:
      - {sql: "SELECT max(i) AS v FROM locked", metrics: [{name: locked_top, value: v}]}
"""))
        page = page_when(exporter, lambda page: page.errors("shop", "timeout") >= 2, 10, "locked")
        assert page.value("good_rows") == 1
        assert not page.has("locked_rows") and not page.has("locked_top")
        server.sql("INSERT INTO good VALUES (2)", database="luck")
    page = page_when(exporter, has("locked_top"), SOON, "the lock is gone")
    assert page.value("locked_rows") == 2 and page.value("locked_top") == 2
    assert page.value("good_rows") == 1, "it had its answer, and is due in an hour"
    assert page.value("exporter_collector_collections_total", collector="shop", type="sql",
                      result="success") <= 4, "a retry is rare"


def cancel_once(server):
    """The statement of the next test, as soon as it runs."""
    eventually(lambda: server.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE"
                                  " query LIKE 'SELECT 7 AS v%' AND state = 'active'"),
               30, "it runs, and is cancelled")


def test_a_statement_that_somebody_cancelled_is_asked_again(server, start_exporter):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        cancelled = pool.submit(cancel_once, server)
        exporter = start_exporter(hourly(server.url(database="luck"), """
    queries:
      - {sql: "SELECT 7 AS v, pg_sleep(1.5)", metrics: [{name: patient, value: v}]}
""", timeout="20s"))
        cancelled.result()
    page = page_when(exporter, lambda page: page.errors("shop", "timeout") == 1, 10, "it failed")
    assert not page.has("patient")
    assert page_when(exporter, has("patient"), SOON, "asked again").value("patient") == 7


def test_a_statement_that_used_its_own_time_is_not(server, start_exporter):
    """Another is unlucky meanwhile, so that there is a retry in which it could be asked."""
    with server.client("holder") as holder:
        holder.run(r"\connect luck", "BEGIN", "LOCK TABLE locked IN ACCESS EXCLUSIVE MODE")
        exporter = start_exporter(hourly(server.url(database="luck"), """
    counts: [{metric: locked_rows, table: locked}]
    queries:
      - {name: slow, sql: "SELECT 1 AS v, pg_sleep(60)", timeout: 1s,
         metrics: [{name: slow, value: v}]}
"""))
        exporter.await_page(lambda page: page.errors("shop", "timeout") >= 2, 10, "both failed")
    page = page_when(exporter, has("locked_rows"), SOON, "the lock is gone")
    assert page.errors("shop", "timeout") == 2, "one of each, before the lock was gone"


def test_a_server_that_is_back_is_found_long_before_the_hour(start_exporter):
    with contextlib.closing(Postgres()) as own:
        own.stop()
        exporter = start_exporter(hourly(own.url(), """
    queries: [{sql: "SELECT 1 AS v", metrics: [{name: back, value: v}]}]
"""))
        exporter.await_page(lambda page: page.errors("shop", "connect") >= 1, 10, "it is away")
        own.start()
        exporter.await_page(lambda page: page.up("shop") == 1 and page.has("back"), SOON, "back")


def test_a_server_that_is_gone_is_noticed_though_no_query_fits_its_version(start_exporter):
    with contextlib.closing(Postgres()) as own:
        exporter = start_exporter(f"""
collectors:
  - type: sql
    name: shop
    interval: 200ms
    dsn: "{own.url()}"
    queries: [{{sql: "SELECT 1 AS v", since: 99, metrics: [{{name: later, value: v}}]}}]
""")
        exporter.await_page(lambda page: page.successes("shop") >= 2, 10, "it is there")
        own.stop(signal.SIGINT)   # Does not wait for the exporter's session.
        exporter.await_page(lambda page: page.up("shop") == 0, 20, "it is away")


def test_a_file_that_somebody_writes_is_read_again(tmp_path, start_exporter):
    path = tmp_path / "shop.db"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("CREATE TABLE jobs (i)")
    writer.execute("BEGIN EXCLUSIVE")
    exporter = start_exporter(hourly(f"sqlite://{path}", """
    counts: [{metric: jobs, table: jobs}]
""", timeout="1s"))
    exporter.await_page(lambda page: page.errors("shop", "timeout") >= 1, 10, "it is locked")
    writer.execute("COMMIT")
    writer.close()
    assert page_when(exporter, has("jobs"), SOON, "the writer has gone").value("jobs") == 0
