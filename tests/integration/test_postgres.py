"""The postgres and the db_pool collector against a real PostgreSQL."""

import pytest

from support import reference
from support.debian import DEBIAN_12, RELEASE
from support.servers import POSTGRES_PASSWORD
from support.waiting import eventually

FAMILIES = {"pg_up", "pg_stat_database_xact_commit", "pg_stat_activity_count",
            "pg_stat_activity_max_tx_duration", "pg_locks_count", "pg_database_size_bytes"}
# On by default, and of none of postgres_exporter's.
OUR_OWN = {"pg_sessions_blocked", "pg_sessions_blocking",
           "pg_sessions_idle_in_transaction", "pg_sessions_longest_blocked_seconds",
           "pg_sessions_oldest_blocker_age_seconds",
           "pg_sessions_oldest_idle_in_transaction_age_seconds",
           "pg_connections_max", "pg_connections_reserved", "pg_connections_used",
           "pg_connections_used_ratio"}

POOL = """
collectors:
  - type: db_pool
    dsn: "{url}"
    pools: [{{name: {name}, application_name: "{pattern}", size: 20}}]
"""


@pytest.fixture
def page(collect, postgres):
    return collect(f'collectors: [{{type: postgres, dsn: "{postgres.url()}"}}]')


def test_every_family_has_the_name_type_and_labels_of_postgres_exporter(page):
    differences = reference.differences(page, "pg_", reference.families("postgres"))
    assert differences == dict.fromkeys(OUR_OWN if RELEASE == DEBIAN_12 else (),
                                        "not in the reference")
    assert FAMILIES | OUR_OWN <= page.families()


def test_sizes_of_databases_agree_with_sql(page, postgres):
    size = postgres.sql("SELECT pg_database_size('template0')")[0][0]
    assert page.value("pg_database_size_bytes", datname="template0") == float(size)


def test_open_transactions_and_locks_are_counted(collect, postgres):
    with postgres.client("holder", "BEGIN", "LOCK TABLE sessions IN EXCLUSIVE MODE"):
        page = collect(f'collectors: [{{type: postgres, dsn: "{postgres.url()}"}}]')
        assert page.value("pg_locks_count", datname="shop", mode="exclusivelock") == 1
        assert sum(value for _, value in page.series(
            "pg_stat_activity_count", datname="shop", state="idle in transaction")) == 1


def test_a_role_without_pg_monitor_costs_its_parts_and_not_the_run(collect, postgres):
    postgres.sql("DROP ROLE IF EXISTS plain;"
                 f"CREATE ROLE plain LOGIN PASSWORD '{POSTGRES_PASSWORD}'")
    page = collect(f'collectors: [{{type: postgres, dsn: "{postgres.url(user="plain")}"}}]', code=1)
    assert page.value("pg_up") == 1
    # pg_wal's files, and what a look at the sessions does not show.
    assert page.errors("postgres", "permission") == 2
    assert page.has("pg_stat_database_xact_commit", datname="shop")
    # It would count no session of another role.
    assert not page.has("pg_stat_activity_count")


def test_a_pool_shows_each_state_of_its_connections(collect, postgres):
    with postgres.client("state", "BEGIN", "SELECT 1"), postgres.client("state"), \
            postgres.client("state"), postgres.client("other"):
        page = collect(POOL.format(url=postgres.url(), name="web", pattern="state"))
    assert page.value("db_pool_size", pool="web") == 20
    assert page.value("db_pool_idle", pool="web") == 2
    assert page.value("db_pool_idle_in_transaction", pool="web") == 1
    assert page.value("db_pool_checked_out", pool="web") == 1
    assert page.value("db_pool_lock_waiting", pool="web") == 0
    assert 0 <= page.value("db_pool_oldest_transaction_seconds", pool="web") < 60


def test_a_connection_that_waits_for_a_lock_is_shown(collect, postgres):
    with postgres.client("lock-a", "BEGIN", "LOCK TABLE users"), \
            postgres.client("lock-b") as waiter:
        waiter.send("SELECT count(*) FROM users")
        _await_lock_wait(postgres)
        page = collect(POOL.format(url=postgres.url(), name="web", pattern="lock-%"))
    assert page.value("db_pool_lock_waiting", pool="web") == 1
    assert page.value("db_pool_checked_out", pool="web") == 2


def _await_lock_wait(postgres):
    eventually(lambda: postgres.sql("SELECT count(*) FROM pg_stat_activity WHERE"
                                    " application_name = 'lock-b' AND wait_event_type = 'Lock'")
               == [["1"]], 5, "the second connection waits")


def test_a_pool_without_a_connection_is_shown_as_empty(collect, postgres):
    page = collect(POOL.format(url=postgres.url(), name="none", pattern="no-such-%"))
    assert page.value("db_pool_idle", pool="none") == 0
    assert page.value("db_pool_checked_out", pool="none") == 0


def test_the_exporter_holds_at_most_one_connection_a_collector(start_exporter, own_postgres):
    url = own_postgres.url()
    exporter = start_exporter(f"""
global: {{interval: 200ms, timeout: 200ms}}
collectors:
  - {{type: postgres, dsn: "{url}"}}
  - {{type: sql, dsn: "{url}", counts: [{{metric: users_total, table: users}}]}}
""")
    exporter.await_page(lambda page: page.successes("sql") >= 5, 10, "five runs")
    count = own_postgres.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'exporter'")
    assert count == [["2"]]
