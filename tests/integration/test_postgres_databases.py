"""The postgres collector in several databases of one server."""

import pytest

from support.postgres_config import everything, server_of_everything
from support.servers import POSTGRES_PASSWORD

HOSTILE = 'host=elsewhere dbname="x" é'


@pytest.fixture(scope="module")
def server():
    """Databases with a table each; one that nobody may enter, and one of a hostile name."""
    postgres = server_of_everything()
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    for name in ("tenant_1", "tenant_2", "forbidden", "closed", quoted):
        postgres.sql(f"CREATE DATABASE {name}", "postgres")
    for name in ("tenant_1", "tenant_2", HOSTILE):
        # As a value, not in the words of a connection string.
        postgres.sql("CREATE TABLE things (n int); CREATE INDEX of_n ON things (n)",
                     "dbname='" + name.replace("'", r"\'") + "'")
    postgres.sql("REVOKE CONNECT ON DATABASE forbidden FROM PUBLIC;"
                 "ALTER DATABASE closed ALLOW_CONNECTIONS false", "postgres")
    yield postgres
    postgres.close()


def databases(page, family, **labels):
    return {found["datname"] for found, _ in page.series(family, **labels)}


def test_without_the_key_the_database_of_the_dsn_is_seen_alone(server, collect):
    page = collect(everything(server.url()))
    assert databases(page, "pg_stat_user_tables_seq_scan") == {"shop"}
    assert page.has("pg_statio_user_indexes_idx_blks_hit_total", indexrelname="users_pkey")


def test_each_database_shows_its_tables(server, collect):
    page = collect(everything(server.url(), databases="{exclude: [forbidden]}", interval="1m",
                              timeout="30s"))
    names = {"shop", "tenant_1", "tenant_2", HOSTILE}
    assert databases(page, "pg_stat_user_tables_seq_scan") == names
    for family in ("pg_stat_user_tables_table_size_bytes", "pg_statio_user_tables_heap_blocks_hit"):
        assert databases(page, family, relname="things") == names - {"shop"}
    # Without a name of its own the peer's family would be there twice.
    assert databases(page, "pg_statio_user_indexes_idx_blks_read_total",
                     indexrelname="of_n") == names - {"shop"}
    assert page.value("pg_scrape_collector_success", collector="stat_user_tables") == 1


def test_patterns_say_which_databases_are_seen(server, collect):
    page = collect(everything(server.url(),
                              databases="{include: ['tenant_.*'], exclude: ['.*_2']}"))
    assert databases(page, "pg_stat_user_tables_seq_scan") == {"tenant_1"}


def test_a_database_that_may_not_be_entered_costs_itself(server, collect):
    page = collect(everything(server.url(), databases="{include: [forbidden, tenant_1]}"), code=1)
    assert databases(page, "pg_stat_user_tables_seq_scan") == {"tenant_1"}
    assert page.errors("postgres", "permission") == 1
    assert page.value("pg_scrape_collector_success", collector="stat_user_tables") == 0
    assert page.value("pg_up") == 1


def test_databases_beyond_the_bound_are_told(server, collect):
    page = collect(everything(server.url(), databases="{include: ['tenant_.*'], max: 1}"), code=1)
    assert databases(page, "pg_stat_user_tables_seq_scan") == {"tenant_1"}
    assert page.errors("postgres", "limit") == 1


def test_a_tour_leaves_no_connection_behind(server, start_exporter):
    config = everything(server.url(), databases="{include: ['tenant_.*'], interval: 200ms}",
                        interval="200ms", timeout="200ms")
    exporter = start_exporter(config)
    exporter.await_page(lambda page: page.successes("postgres") >= 15, 30, "three seconds")
    held = server.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'exporter'"
                      " AND datname LIKE 'tenant%' AND clock_timestamp() - backend_start > '1s'")
    assert held == [["0"]]
    assert server.sql("SELECT count(*) <= 2 FROM pg_stat_activity"
                      " WHERE usename = 'exporter'") == [["t"]]


def test_a_database_that_is_dropped_is_gone_and_one_that_is_made_is_found(server, start_exporter):
    config = everything(server.url(), databases="{include: ['late_.*'], interval: 200ms}",
                        interval="200ms", timeout="200ms")
    exporter = start_exporter(config)
    server.sql("CREATE DATABASE late_1", "postgres")
    server.sql("CREATE TABLE things (n int)", "late_1")
    family = "pg_stat_user_tables_seq_scan"
    exporter.await_page(lambda page: databases(page, family) == {"late_1"}, 30, "it is found")
    server.sql("DROP DATABASE late_1 WITH (FORCE)", "postgres")
    exporter.await_page(lambda page: not page.has(family), 10, "it is gone")
    assert POSTGRES_PASSWORD not in exporter.log()
