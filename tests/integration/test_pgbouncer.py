"""The pgbouncer collector, and db_pool with a PgBouncer, against real ones."""

import pytest

from support import comparison, pgbouncer_peer, reference
from support.exporter import run
from support.faults import Fault, FaultProxy
from support.pgbouncer import PgBouncer
from support.waiting import eventually

CONFIG = 'collectors: [{{type: pgbouncer, dsn: "{url}", interval: 200ms, timeout: 200ms}}]'

POOL = """
collectors:
  - type: db_pool
    dsn: "{url}"
    pools: [{{name: web, database: "sh%"}}, {{name: none, user: nobody}}]
"""

# Of a database and of an application.
ODD_NAME = 'we"ird\\na\nme'


@pytest.fixture(scope="module")
def bouncer(postgres):
    server = PgBouncer(postgres, databases={"*": "dbname=shop"})
    yield server
    server.close()


@pytest.fixture
def own_bouncer(postgres):
    server = PgBouncer(postgres)
    yield server
    server.close()


def _collect(collect, bouncer):
    return collect(f'collectors: [{{type: pgbouncer, dsn: "{bouncer.url()}"}}]')


@pytest.fixture
def peer_bouncer(postgres):
    """One that pgbouncer_exporter can connect to: ours needs no such setting."""
    server = PgBouncer(postgres, settings="ignore_startup_parameters = extra_float_digits")
    yield server
    server.close()


def test_the_page_is_that_of_pgbouncer_exporter(collect, peer_bouncer):
    """By its families as they were measured, and by its page where there is a binary of it."""
    with peer_bouncer.client("holder", "BEGIN", "SELECT 1"), \
            peer_bouncer.client("idle", "SELECT 1"):
        before, ours, after = _pages(collect, peer_bouncer)
    expected = reference.families("pgbouncer")
    expected.pop("pgbouncer_exporter_build_info")  # exporter_build_info is ours
    assert set(expected) - ours.families() == set()
    assert reference.differences(ours, "pgbouncer_", expected,
                                 additions=("pgbouncer_databases_min_pool_size",)) == {}
    if after:
        assert after.value("pgbouncer_up") == 1
        exempt = comparison.exemptions("pgbouncer/peer_differences.txt")
        assert comparison.differences(ours, before, after, exempt, peer_is_old=False) == []


def _pages(collect, bouncer):
    """The peer's, ours and the peer's again; of the peer None where there is none."""
    if not pgbouncer_peer.binary():
        return None, _collect(collect, bouncer), None
    peer = pgbouncer_peer.PgBouncerPeer(bouncer.url())
    try:
        return peer.page(), _collect(collect, bouncer), peer.page()
    finally:
        peer.close()


def test_the_database_may_be_left_out_of_the_dsn(collect, bouncer):
    url = bouncer.url().removesuffix("/pgbouncer")
    assert collect(f'collectors: [{{type: pgbouncer, dsn: "{url}"}}]').value("pgbouncer_up") == 1


def test_who_holds_and_who_waits_is_shown(collect, own_bouncer):
    shop = {"database": "shop", "user": "shop"}
    with own_bouncer.client("holder", "BEGIN", "SELECT 1"), \
            own_bouncer.client("holder", "BEGIN", "SELECT 1"), \
            own_bouncer.client("waiter") as waiter, own_bouncer.client("idle"):
        waiter.send("SELECT 1")
        eventually(lambda: int(own_bouncer.pool()["maxwait"]) >= 1, 10, "one waits for a second")
        page = _collect(collect, own_bouncer)
        pools = collect(POOL.format(url=own_bouncer.url()))
    assert page.value("pgbouncer_pools_client_waiting_connections", **shop) == 1
    assert page.value("pgbouncer_pools_client_active_connections", **shop) == 3
    assert page.value("pgbouncer_pools_server_active_connections", **shop) == 2
    assert 1 <= page.value("pgbouncer_pools_client_maxwait_seconds", **shop) < 30
    assert page.value("pgbouncer_client_connections", application_name="waiter",
                      state="waiting", **shop) == 1
    assert page.value("pgbouncer_client_connections", application_name="holder",
                      state="active", **shop) == 2
    assert pools.value("db_pool_size", pool="web") == 2
    assert pools.value("db_pool_checked_out", pool="web") == 2
    assert pools.value("db_pool_idle", pool="web") == 0
    assert pools.value("db_pool_waiting", pool="web") == 1
    assert 1 <= pools.value("db_pool_max_wait_seconds", pool="web") < 30
    for metric in ("size", "checked_out", "idle", "waiting", "max_wait_seconds"):
        assert pools.value(f"db_pool_{metric}", pool="none") == 0


def test_an_idle_server_connection_is_idle(collect, own_bouncer):
    with own_bouncer.client("once", "SELECT 1"):
        pools = collect(POOL.format(url=own_bouncer.url()))
    assert pools.value("db_pool_idle", pool="web") == 1
    assert pools.value("db_pool_checked_out", pool="web") == 0


def test_times_agree_with_the_console(collect, own_bouncer):
    with own_bouncer.client("slow", "SELECT pg_sleep(0.3)"):
        # It adds a query to the totals when that has ended.
        eventually(lambda: _stats(own_bouncer)["query_count"] != "0", 10, "the query is counted")
        page = _collect(collect, own_bouncer)
        stats = _stats(own_bouncer)
    seconds = page.value("pgbouncer_stats_totals_queries_duration_seconds_total", database="shop")
    assert 0.3 <= seconds < 10
    assert seconds == pytest.approx(int(stats["query_time"]) / 1e6)


def _stats(bouncer):
    return next((row for row in bouncer.show("STATS_TOTALS") if row["database"] == "shop"),
                {"query_count": "0"})


def test_a_name_with_quotes_and_a_line_break_is_a_label_like_any(collect, bouncer):
    with bouncer.odd_client(ODD_NAME):
        page = _collect(collect, bouncer)
    # The server and psql write a control character in an application_name as "?", from 16 on so.
    names = {labels["application_name"] for labels, value in page.series(
        "pgbouncer_client_connections", database=ODD_NAME, user="shop", state="active")}
    assert names in ({ODD_NAME.replace("\n", "?")}, {ODD_NAME.replace("\n", r"\x0a")})
    assert page.value("pgbouncer_pools_client_active_connections", database=ODD_NAME,
                      user="shop") == 1
    assert ODD_NAME in [labels["name"] for labels, _ in page.series("pgbouncer_databases_paused")]


def test_the_clients_can_be_left_out(collect, bouncer):
    page = collect(f'collectors: [{{type: pgbouncer, dsn: "{bouncer.url()}", '
                   'parts: {clients: false}}]')
    assert not page.has("pgbouncer_client_connections")
    assert page.has("pgbouncer_pools_server_active_connections", database="pgbouncer")


@pytest.mark.parametrize("user, wrong, reason", [
    ("stats", True, "auth"),
    ("nobody", False, "auth"),
    ("shop", False, "permission"),
])
def test_who_may_not_look_is_told_so(collect, bouncer, user, wrong, reason):
    url = bouncer.wrong_url() if wrong else bouncer.url(user=user)
    page = collect(f'collectors: [{{type: pgbouncer, dsn: "{url}"}}]', code=1)
    assert page.value("pgbouncer_up") == 0
    assert page.errors("pgbouncer", reason) == 1


def test_two_work_side_by_side_told_apart_by_labels(collect, bouncer, own_bouncer):
    page = collect(f"""
collectors:
  - {{type: pgbouncer, name: one, dsn: "{bouncer.url()}", labels: {{pooler: one}}}}
  - {{type: pgbouncer, name: two, dsn: "{own_bouncer.url()}", labels: {{pooler: two}}}}
""")
    for pooler, server in (("one", bouncer), ("two", own_bouncer)):
        assert page.value("pgbouncer_up", pooler=pooler) == 1
        assert page.has("pgbouncer_databases_pool_size", pooler=pooler, database="pgbouncer",
                        port=str(server.port))


def test_two_that_nothing_tells_apart_are_refused_by_name(tmp_path):
    path = tmp_path / "exporter.yaml"
    path.write_text("""
collectors:
  - {type: pgbouncer, name: one, dsn: "postgresql://stats@127.0.0.1:1/pgbouncer"}
  - {type: pgbouncer, name: two, dsn: "postgresql://stats@127.0.0.1:2/pgbouncer"}
""")
    done = run("check", "--config", path)
    assert done.returncode != 0
    assert 'collectors "one" and "two" would both export pgbouncer_up' in done.stderr


def test_one_connection_is_kept_from_run_to_run(start_exporter, own_bouncer):
    exporter = start_exporter(CONFIG.format(url=own_bouncer.url()))
    exporter.await_page(lambda page: page.successes("pgbouncer") >= 3, 10, "three runs")
    first = _own_connections(own_bouncer)
    exporter.await_page(lambda page: page.successes("pgbouncer") >= 6, 10, "six runs")
    assert first == _own_connections(own_bouncer)
    assert len(first) == 1


def _own_connections(bouncer):
    return [row["port"] for row in bouncer.show("CLIENTS")
            if row["application_name"] == "exporter/pgbouncer"]


def test_after_a_restart_the_next_run_connects_again(start_exporter, own_bouncer):
    exporter = start_exporter(CONFIG.format(url=own_bouncer.url()))
    exporter.await_page(lambda page: page.value("pgbouncer_up") == 1, 10, "it is up")
    own_bouncer.kill()
    exporter.await_page(lambda page: page.value("pgbouncer_up") == 0, 10, "it is down")
    assert exporter.page().errors("pgbouncer", "connect") >= 1
    own_bouncer.start()
    exporter.await_page(lambda page: page.value("pgbouncer_up") == 1, 10, "it is up again")


def test_a_connection_that_was_closed_meanwhile_costs_no_run(start_exporter, own_bouncer):
    exporter = start_exporter(CONFIG.format(url=own_bouncer.url()).replace("200ms", "2s"))
    exporter.await_page(lambda page: page.successes("pgbouncer") >= 1, 10, "a run")
    own_bouncer.kill()
    own_bouncer.start()
    exporter.await_page(lambda page: page.successes("pgbouncer") >= 2, 10, "another run")
    assert exporter.page().errors("pgbouncer", "connect") == 0


def test_a_stopped_one_is_a_timeout_in_time(start_exporter, own_bouncer):
    exporter = start_exporter(CONFIG.format(url=own_bouncer.url()))
    exporter.await_page(lambda page: page.value("pgbouncer_up") == 1, 10, "it is up")
    own_bouncer.pause()
    before = exporter.page().errors("pgbouncer", "timeout")   # A busy machine has some.
    try:
        exporter.await_page(lambda page: page.errors("pgbouncer", "timeout") >= before + 2, 3,
                            "timeouts")
        assert exporter.page().value("pgbouncer_up") == 0
    finally:
        own_bouncer.resume()
    exporter.await_page(lambda page: page.value("pgbouncer_up") == 1, 10, "it is up again")


def test_an_answer_that_breaks_off_is_a_failure_to_connect(start_exporter, own_bouncer):
    with FaultProxy(own_bouncer.port) as proxy:
        exporter = start_exporter(CONFIG.format(url=own_bouncer.url(port=proxy.port)))
        exporter.await_page(lambda page: page.value("pgbouncer_up") == 1, 10, "it is up")
        proxy.fault = Fault.RESET
        exporter.await_page(lambda page: page.errors("pgbouncer", "connect") >= 1, 5, "resets")
        proxy.fault = Fault.NONE
        exporter.await_page(lambda page: page.value("pgbouncer_up") == 1, 10, "it is up again")


@pytest.mark.parametrize("collector", [
    'type: db_pool, dsn: "{console}", pools: [{{name: web, database: shop}}]',
    'type: sql, dsn: "{pool}", queries: [{{name: q, sql: SELECT 1 AS v,'
    " metrics: [{{name: one_value, value: v}}]}}]",
], ids=["its console", "its pool"])
def test_a_session_of_one_run_is_ended_politely(start_exporter, own_bouncer, collector):
    collector = collector.format(console=own_bouncer.url(),
                                 pool=own_bouncer.url(user="shop", database="shop"))
    exporter = start_exporter("collectors: [{name: it, keep_connected: false, interval: 200ms,"
                              f" timeout: 200ms, {collector}}}]")
    exporter.await_page(lambda page: page.successes("it") >= 3, 10, "three runs")
    log = own_bouncer.log()
    assert "client unexpected eof" not in log
    assert log.count("closing because: client close request") >= 3
