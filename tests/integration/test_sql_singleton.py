"""Several exporters with one collector: one of them collects, and another when it is gone."""

import signal
import time

import pytest

from support.exporter import run
from support.servers import Postgres
from support.waiting import eventually

INTERVAL = 1.0
TIMEOUT = 0.5

CONFIG = """
global: {{interval: 1s, timeout: 500ms}}
collectors:
  - type: sql
    name: business
    dsn: "{dsn}"
    singleton: true
    queries:
      - sql: SELECT count(*) AS users, 'x' AS only_the_leader FROM users
        metrics: [{{name: shop_users, value: users, labels: [only_the_leader]}}]
"""


@pytest.fixture
def server():
    own = Postgres(["shared_preload_libraries=pg_stat_statements"])
    own.sql("CREATE EXTENSION pg_stat_statements")
    yield own
    own.close()


@pytest.fixture
def three(server, start_exporter):
    exporters = [start_exporter(CONFIG.format(dsn=server.url())) for _ in range(3)]
    for exporter in exporters:
        exporter.await_page(has_run, 10, "a run has ended")
    return exporters


def has_run(page):
    return page.successes("business") + skipped(page) > 0


def skipped(page):
    return page.value("exporter_collector_collections_total", collector="business",
                      result="skipped")


def leads(page):
    return page.value("exporter_collector_leader", collector="business") == 1


def is_leader(page):
    return page.has("exporter_collector_leader") and leads(page)


def leaders(exporters):
    return [exporter for exporter in exporters if leads(exporter.page())]


def statements(server):
    return sum(int(calls) for (calls,) in server.sql(
        "SELECT calls FROM pg_stat_statements WHERE query LIKE '%AS only_the_leader%'"
        " AND query NOT LIKE '%pg_stat_statements%'") or [(0,)])


def holders(server):
    return server.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")[0][0]


def test_one_collects_and_the_others_stand_by_with_nothing_to_show(server, three):
    leader, = leaders(three)
    eventually(lambda: all(skipped(one.page()) > 2 for one in three if one is not leader), 10,
               "the others skip their runs")
    for exporter in three:
        page = exporter.page()
        assert page.up("business") == 1
        assert page.has("shop_users") == (exporter is leader)
        assert page.value("exporter_collector_leader", collector="business") == (
            exporter is leader)
        assert page.errors("business", "query") == 0
    assert holders(server) == "1"
    successes = leader.page().successes("business")
    assert successes <= statements(server) <= successes + 1, "only the leader asks"


def test_a_check_says_what_it_left_to_the_leader(server, three, tmp_path):
    path = tmp_path / "exporter.yaml"
    path.write_text(CONFIG.format(dsn=server.url()))
    done = run("check", "--connect", "--config", path)
    assert done.returncode == 0, done.stderr
    assert "business: not asked: another exporter does its work\n" in done.stderr
    assert len(leaders(three)) == 1


def test_another_takes_over_when_the_leader_is_killed(three):
    leader, = leaders(three)
    rest = [exporter for exporter in three if exporter is not leader]
    began = time.monotonic()
    leader.child.kill()
    eventually(lambda: leaders(rest), 10, "another leads")
    print(f"takeover after kill -9: {time.monotonic() - began:.2f} s")
    assert time.monotonic() - began < 2 * INTERVAL + 1
    heir, = leaders(rest)
    assert heir.page().has("shop_users")


def test_another_takes_over_when_the_leader_is_stopped_which_then_shows_nothing(server, three):
    leader, = leaders(three)
    rest = [exporter for exporter in three if exporter is not leader]
    began = time.monotonic()
    leader.child.send_signal(signal.SIGSTOP)
    try:
        eventually(lambda: leaders(rest), 15, "another leads")
        took = time.monotonic() - began
    finally:
        leader.child.send_signal(signal.SIGCONT)
    print(f"takeover after SIGSTOP: {took:.2f} s")
    assert took < INTERVAL + 2 * TIMEOUT + INTERVAL + 1
    # Its first page after the pause: what it found is too old, and it may not say that it leads.
    page = leader.page()
    assert not page.has("shop_users")
    assert not page.has("exporter_collector_leader", collector="business") or not leads(page)
    leader.await_page(lambda page: page.has("exporter_collector_leader") and not leads(page), 5,
                      "the old leader stands by")
    assert len(leaders(three)) == 1
    assert holders(server) == "1"


def test_a_leader_whose_session_is_ended_shows_nothing_of_it(server, three):
    for _ in range(3):
        leader, = leaders(three)
        before = statements(server)
        server.sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                   " AND granted")
        eventually(lambda: statements(server) > before and len(leaders(three)) == 1, 10,
                   "one leads again")
        assert [exporter.page().has("shop_users") for exporter in three].count(True) == 1


def test_the_server_away_for_a_while_leaves_one_leader_in_the_end(server, three):
    server.kill()
    for exporter in three:
        exporter.await_page(lambda page: page.up("business") == 0, 10, "down is seen")
        assert not exporter.page().has("shop_users")
    server.restart_after_kill()
    eventually(lambda: len(leaders(three)) == 1, 15, "one leads again")


# A statement that is still at work, and one whose answer nobody reads.
@pytest.mark.parametrize("sql", [
    "SELECT 1 AS users, pg_sleep(0.3)",
    "WITH slept AS MATERIALIZED (SELECT pg_sleep(0.1))"
    " SELECT 1 AS users, repeat('x', 100000) AS text FROM slept, generate_series(1, 900)",
], ids=["working", "sending"])
def test_a_leader_that_is_stopped_in_a_statement_is_followed_too(server, start_exporter, sql):
    dsn, metrics = server.url(), "[{name: shop_users, value: users}]"
    config = CONFIG.format(dsn=dsn).split("    queries:")[0] + (
        f"    max_db_time: 100%\n    queries:\n      - {{sql: \"{sql}\", metrics: {metrics}}}\n")
    first = start_exporter(config)
    first.await_page(is_leader, 10, "the first leads")
    second = start_exporter(config)

    def stopped_in_it():
        first.child.send_signal(signal.SIGSTOP)
        if server.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"):
            return True
        first.child.send_signal(signal.SIGCONT)
        return False

    eventually(stopped_in_it, 20, "the leader is stopped in its statement")
    try:
        second.await_page(leads, 20, "another leads")
        assert holders(server) == "1"
    finally:
        first.child.send_signal(signal.SIGCONT)
