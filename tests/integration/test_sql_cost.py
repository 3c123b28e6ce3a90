"""What the exporter costs a database: time, connections, sessions."""

import time

import pytest

from support.servers import Postgres
from support.waiting import eventually


@pytest.fixture(scope="module")
def small():
    """A server with room for few."""
    own = Postgres(["max_connections=12", "shared_preload_libraries=pg_stat_statements"])
    own.sql("CREATE EXTENSION pg_stat_statements")
    yield own
    own.close()


def test_a_slow_query_thins_itself_out(small, start_exporter):
    exporter = start_exporter(f"""
collectors:
  - type: sql
    name: slow
    dsn: "{small.url()}"
    interval: 500ms
    timeout: 500ms
    max_db_time: 10%
    queries:
      - sql: SELECT 1 AS one, pg_sleep(0.2)
        name: sleeper
        metrics: [{{name: slow_one, value: one}}]
""")
    began = time.monotonic()
    eventually(lambda: exporter.page().value(
        "exporter_query_last_success_timestamp_seconds", query="sleeper") > 0, 10, "it ran")
    time.sleep(10)
    page = exporter.page()
    elapsed = time.monotonic() - began
    spent = page.value("exporter_db_time_seconds_total", collector="slow")
    calls = int(small.sql("SELECT sum(calls) FROM pg_stat_statements"
                          " WHERE query LIKE '%pg_sleep%' AND query NOT LIKE '%calls%'")[0][0])
    print(f"{spent:.2f} s of the database in {elapsed:.1f} s, {calls} statements")
    assert spent <= 0.10 * elapsed + 0.3, "a tenth of a core, and the statement that began it"
    assert 2 <= calls <= 7
    assert page.value("slow_one") == 1, "what is not due yet is still shown"
    assert page.up("slow") == 1
    assert page.value("exporter_query_duration_seconds", query="sleeper") >= 0.2
    assert page.value("exporter_query_rows", query="sleeper") == 1


COLLECTORS = ("db_pool", "postgres", "sql1", "sql2", "sql3")


def all_kinds(dsn):
    counts = "".join(f"""
  - {{type: sql, name: sql{n}, dsn: "{dsn}", max_db_time: 100%,
      counts: [{{metric: users_total_{n}, table: users}}]}}""" for n in (1, 2, 3))
    return f"""
global: {{interval: 200ms, timeout: 200ms, stale_after: 30s}}
collectors:
  - {{type: postgres, dsn: "{dsn}", max_db_time: 100%}}
  - {{type: db_pool, dsn: "{dsn}", max_db_time: 100%, pools: [{{name: web, user: shop}}]}}{counts}
"""


def sessions(server):
    """The exporter's sessions: their names and processes."""
    return sorted(map(tuple, server.sql(
        "SELECT application_name, pid FROM pg_stat_activity"
        " WHERE application_name LIKE 'exporter/%'")))


def test_a_thousand_collections_open_no_connection_and_outlive_a_full_server(
        small, start_exporter):
    exporter = start_exporter(all_kinds(small.url()))

    def collected(page):
        return sum(page.successes(name) for name in COLLECTORS)

    exporter.await_page(lambda page: all(page.successes(name) > 0 for name in COLLECTORS), 10,
                        "each has run")
    names = [f"exporter/{name}" for name in COLLECTORS]
    eventually(lambda: [name for name, _ in sessions(small)] == names, 20, "each has a session")
    before = sessions(small)
    # The application takes every connection that is left, and the reserved ones stay reserved.
    clients = []
    try:
        while True:
            try:
                clients.append(small.client("shop-web"))
                clients[-1].run("SELECT 1")
            except (AssertionError, BrokenPipeError):
                break
        assert 3 <= len(clients) <= 5
        start = collected(exporter.page())
        exporter.await_page(lambda page: collected(page) >= start + 1000, 120, "1,000 collections")
        page = exporter.page()
        assert page.value("db_pool_idle", pool="web") >= 3
        assert all(page.up(name) == 1 for name in COLLECTORS)
        assert all(page.errors(name, "connect") == 0 for name in COLLECTORS)
    finally:
        for client in clients:
            client.__exit__()
    replaced = {name for name, _ in set(before) - set(sessions(small))}
    # A statement that a busy machine made slow costs its session.
    page = exporter.page()
    slow = {f"exporter/{name}" for name in COLLECTORS if page.errors(name, "timeout") > 0}
    assert replaced <= slow, "the same sessions as before"
