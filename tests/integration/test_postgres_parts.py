"""The parts of the postgres collector that are code, against real servers of three versions."""

import json

import pytest

from support.postgres_config import PRELOAD
from support.postgres_versions import Postgres, programs
from support.servers import POSTGRES_PASSWORD
from support.waiting import eventually

CONFIG = """
global: {{interval: {interval}, timeout: {interval}, stale_after: 30s}}
collectors:
  - type: postgres
    dsn: "{url}"
    parts: {{process_idle: true, stat_statements: true}}
    stat_statements: {{limit: {limit}, exclude_databases: {databases}, exclude_users: {users}}}
"""


def config(url, limit=20, databases=(), users=(), interval="10s"):
    return CONFIG.format(url=url, limit=limit, interval=interval,
                         databases=json.dumps(list(databases)), users=json.dumps(list(users)))


@pytest.fixture(scope="module", params=[13, 15, 18])
def server(request):
    """A server with pg_stat_statements in a schema whose name needs quotes."""
    postgres = Postgres([PRELOAD], programs(request.param))
    try:
        postgres.sql('CREATE SCHEMA "my ""own"" statements";'
                     'CREATE EXTENSION pg_stat_statements SCHEMA "my ""own"" statements";'
                     'GRANT USAGE ON SCHEMA "my ""own"" statements" TO PUBLIC;'
                     f"CREATE ROLE plain LOGIN PASSWORD '{POSTGRES_PASSWORD}'")
        postgres.major = request.param
        yield postgres
    finally:
        postgres.close()


@pytest.fixture
def page(collect, server):
    return lambda **options: collect(config(server.url(), **options))


def _await_waiting(server, count):
    eventually(lambda: server.sql("SELECT count(*) FROM pg_stat_activity"
                                  " WHERE wait_event_type = 'Lock'") == [[str(count)]],
               10, f"{count} sessions wait")


def test_settings_have_the_values_that_sql_converts(page, server):
    found = page()
    name = f"127.0.0.1:{server.port}"
    sql = ("SELECT pg_size_bytes(current_setting('shared_buffers')),"
           " extract(epoch FROM current_setting('checkpoint_timeout')::interval),"
           " current_setting('max_connections'), version()")
    buffers, checkpoint, connections, version = server.sql(sql)[0]
    assert found.value("pg_settings_shared_buffers_bytes", server=name) == float(buffers)
    assert found.value("pg_settings_checkpoint_timeout_seconds", server=name) == float(checkpoint)
    assert found.value("pg_settings_max_connections", server=name) == float(connections)
    assert found.value("pg_settings_log_min_duration_statement_seconds") == -1
    static = found.series("pg_static", server=name, version=version)
    assert static[0][0]["short_version"].startswith(f"{server.major}.")
    numeric = server.sql("SELECT count(*) FROM pg_settings"
                         " WHERE vartype IN ('bool', 'integer', 'real')")[0][0]
    shown = [family for family in found.families() if family.startswith("pg_settings_")]
    assert len(shown) == int(numeric)


def test_settings_are_those_of_a_new_session_and_not_of_the_exporters_own(page, server):
    found = page()
    # Keepalives depend on the socket, and psql's is another one.
    rows = server.sql("SELECT replace(name, '.', '_'), setting FROM pg_settings"
                      " WHERE unit IS NULL AND vartype IN ('bool', 'integer', 'real')"
                      " AND name NOT LIKE 'tcp%'")
    expected = {name: {"on": 1, "off": 0}.get(value, value) for name, value in rows}
    shown = {name: found.value(f"pg_settings_{name}") for name in expected}
    assert shown == {name: float(value) for name, value in expected.items()}
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        assert found.value(f"pg_settings_{name}_seconds") == 0


def test_a_blocked_session_and_who_blocks_it_are_shown(page, server):
    with server.client("holder", "BEGIN", "LOCK TABLE users"), \
            server.client("waiter") as waiter, server.client("next") as after:
        waiter.send("SELECT count(*) FROM users")
        _await_waiting(server, 1)
        after.send("SELECT count(*) FROM users")
        _await_waiting(server, 2)
        found = page()
    assert found.value("pg_sessions_blocked", datname="shop") == 2
    assert found.value("pg_sessions_blocking", datname="shop") == 1
    assert 0 < found.value("pg_sessions_oldest_blocker_age_seconds") < 60
    assert found.has("pg_sessions_longest_blocked_seconds") == (server.major >= 14)
    if server.major >= 14:
        assert (0 < found.value("pg_sessions_longest_blocked_seconds")
                < found.value("pg_sessions_oldest_blocker_age_seconds"))
    assert found.value("pg_sessions", application_name="waiter", usename="shop",
                       client_addr="127.0.0.1", state="active") == 1


def test_nobody_blocked_and_nobody_idle_in_a_transaction_are_zeros(page):
    found = page()
    for name in ("blocked", "blocking", "idle_in_transaction"):
        assert found.value(f"pg_sessions_{name}", datname="shop") == 0
    assert found.value("pg_sessions_oldest_blocker_age_seconds") == 0
    assert found.value("pg_sessions_oldest_idle_in_transaction_age_seconds") == 0


def test_idle_sessions_are_shown_in_their_transaction_and_by_their_time(page, server):
    with server.client("careless", "BEGIN", "SELECT 1"), \
            server.client("it's \"quoted\" \\ here"), server.client("it's \"quoted\" \\ here"):
        found = page()
    assert found.value("pg_sessions_idle_in_transaction", datname="shop") == 1
    assert 0 < found.value("pg_sessions_oldest_idle_in_transaction_age_seconds") < 60
    labels = {"application_name": "it's \"quoted\" \\ here", "state": "idle"}
    assert found.value("pg_process_idle_seconds_count", **labels) == 2
    assert found.value("pg_process_idle_seconds_bucket", le="300", **labels) == 2
    assert found.value("pg_sessions", usename="shop", **labels) == 2


def test_connections_are_those_that_count_against_the_limit(page, server):
    with server.client("one"), server.client("two"):
        found = page()
        used = server.sql("SELECT count(*) - 1 FROM pg_stat_activity"
                          " WHERE backend_type = 'client backend'")[0][0]
    # The exporter's own is gone again.
    assert found.value("pg_connections_used") == int(used) + 1
    assert found.value("pg_connections_max") == 100
    assert found.value("pg_connections_reserved") == 3
    assert found.value("pg_connections_used_ratio") == pytest.approx((int(used) + 1) / 97)


def test_at_a_ratio_of_one_an_ordinary_login_is_refused(collect, server):
    clients = []
    try:
        used = int(server.sql("SELECT count(*) - 1 FROM pg_stat_activity"
                              " WHERE backend_type = 'client backend'")[0][0])
        clients = [server.client(f"filler-{i}") for i in range(96 - used)]
        found = collect(config(server.url()))
        assert found.value("pg_connections_used_ratio") == 1
        clients.append(server.client("last"))
        with pytest.raises((AssertionError, BrokenPipeError)):
            clients.append(server.client("one too many"))
    finally:
        for client in clients:
            client.__exit__()
    eventually(lambda: int(server.sql("SELECT count(*) FROM pg_stat_activity WHERE"
                                      " application_name LIKE 'filler-%'")[0][0]) == 0,
               10, "the clients are gone")


def test_a_role_without_pg_monitor_gets_reasons_and_no_zeros(collect, server):
    with server.client("holder", "BEGIN"):
        found = collect(config(server.url(user="plain")), code=1)
    assert found.errors("postgres", "permission") >= 3
    assert found.value("pg_sessions", application_name="holder", state="hidden") == 1
    assert found.value("pg_connections_max") == 100
    for name in ("pg_sessions_blocked", "pg_sessions_idle_in_transaction", "pg_connections_used",
                 "pg_sessions_oldest_blocker_age_seconds"):
        assert not found.has(name)


def test_statements_agree_with_the_extension(page, server):
    server.sql('SELECT "my ""own"" statements".pg_stat_statements_reset()')
    with server.client("shop", *["SELECT count(*) FROM tasks"] * 7):
        found = page()
    rows = server.sql('SELECT queryid, calls, rows FROM "my ""own"" statements".pg_stat_statements'
                      " WHERE query ~ 'FROM tasks' AND calls = 7")
    assert len(rows) == 1
    labels = {"user": "shop", "datname": "shop", "queryid": rows[0][0]}
    assert found.value("pg_stat_statements_calls_total", **labels) == 7
    assert found.value("pg_stat_statements_rows_total", **labels) == 7
    assert found.value("pg_stat_statements_seconds_total", **labels) > 0
    for name in ("read", "write"):
        assert found.value(f"pg_stat_statements_block_{name}_seconds_total", **labels) == 0
    assert "count(*)" not in found.text


def test_excluded_databases_and_users_have_no_statements(page, server):
    with server.client("shop", "SELECT count(*) FROM tasks"):
        pass
    assert page().has("pg_stat_statements_calls_total", user="shop")
    assert not page(users=["x", "shop"]).has("pg_stat_statements_calls_total", user="shop")
    hostile = ["\"", "'; --", "{}", "shop"]
    assert not page(databases=hostile).has("pg_stat_statements_calls_total", datname="shop")


def test_a_database_without_the_extension_costs_the_part_alone(collect, server):
    found = collect(config(server.url(database="postgres")), code=1)
    assert found.errors("postgres", "missing") == 1
    assert not found.has("pg_stat_statements_calls_total")
    assert found.has("pg_sessions_blocked", datname="postgres")
    assert found.has("pg_static")


def test_a_top_of_300_statements_does_not_flap(start_exporter, server):
    """Forty statements stay so close together that the server's own top 20 changes."""
    server.sql('SELECT "my ""own"" statements".pg_stat_statements_reset()')
    top = ('SELECT queryid FROM "my ""own"" statements".pg_stat_statements'
           " WHERE query ~ 'pg_sleep' ORDER BY total_exec_time DESC LIMIT 20")

    def series(page):
        return {labels["queryid"] for labels, _ in page.series("pg_stat_statements_calls_total")}

    # The number of columns tells the statements apart.
    sleeps = [f"SELECT pg_sleep(0.1){', 1' * i}" for i in range(1, 41)]
    cheap = [f"SELECT 1{', 1' * i}" for i in range(260)]
    with server.client("work", *sleeps, *cheap) as work:
        exporter = start_exporter(
            config(server.url(), users=["exporter", "postgres"], interval="200ms"))
        exporter.await_page(lambda page: len(series(page)) == 20, 10, "a full top")
        shown, tops, seen = [], set(), 0
        for run in range(30):
            work.run(*[f"SELECT pg_sleep(0.001){', 1' * i}" for i in range(1 + run % 2, 41, 2)])
            tops.add(frozenset(row[0] for row in server.sql(top)))
            exporter.await_page(lambda page: page.successes("postgres") > seen, 10, "one more run")
            page = exporter.page()
            seen = page.successes("postgres")
            shown.append(series(page))
    assert len(tops) > 1
    assert all(len(ids) == 20 for ids in shown)
    # A slow machine may make one clearly costlier: it takes a place, once and for good.
    for queryid in set.union(*shown):
        runs = [run for run, ids in enumerate(shown) if queryid in ids]
        assert runs == list(range(runs[0], runs[-1] + 1)), f"{queryid} left and came back"
    assert len(set(map(frozenset, shown))) < len(tops)
