"""The application's own transactions beside us, on a real PostgreSQL: as they are without us."""

import contextlib

import pytest

from support.collect import collect_once
from support.pgbouncer import PgBouncer
from support.postgres_config import PRELOAD
from support.postgres_versions import Replica
from support.servers import Postgres
from support.waiting import eventually

SCHEMA = """
CREATE TABLE control (deposit int NOT NULL);
CREATE TABLE receipts (deposit int NOT NULL, amount int NOT NULL);
GRANT SELECT ON control, receipts TO exporter;
GRANT SELECT, INSERT, UPDATE, DELETE ON control, receipts TO shop;
"""
START = "TRUNCATE control, receipts; INSERT INTO control VALUES (1)"

# What says that every transaction is serializable, and what takes it back.
SET_BY = {
    "the role": ("ALTER ROLE {role} SET default_transaction_isolation = serializable",
                 "ALTER ROLE {role} RESET default_transaction_isolation"),
    "the database": ("ALTER DATABASE shop SET default_transaction_isolation = serializable",
                     "ALTER DATABASE shop RESET default_transaction_isolation"),
    "the server": ("ALTER SYSTEM SET default_transaction_isolation = serializable",
                   "ALTER SYSTEM RESET default_transaction_isolation"),
}

# Of the deposit that was closed: the number that the application must not change any more.
CLOSED = """
    queries:
      - sql: SELECT count(*) AS v FROM receipts WHERE deposit < (SELECT deposit FROM control)
        metrics: [{name: closed_receipts, value: v}]
"""


def sql_config(url, body=CLOSED):
    return f'collectors:\n  - type: sql\n    dsn: "{url}"\n{body}'


@pytest.fixture(scope="module")
def server():
    own = Postgres([PRELOAD])
    own.sql("CREATE EXTENSION pg_stat_statements")
    own.sql(SCHEMA)
    yield own
    own.close()


@pytest.fixture(scope="module")
def replica(server):
    own = Replica(server)
    yield own
    own.close()


def at_ease(server, text, database="postgres"):
    """Runs SQL whatever the server or the database is told: a standby refuses all else then."""
    return server.sql("SET default_transaction_isolation = 'read committed';" + text, database)


@contextlib.contextmanager
def serializable(server, who, role="exporter"):
    set_it, take_back = (text.format(role=role) for text in SET_BY[who])
    server.sql(set_it)
    try:
        if who == "the server":
            at_ease(server, "SELECT pg_reload_conf()")
            eventually(lambda: server.sql("SHOW default_transaction_isolation", "postgres")
                       == [["serializable"]], 10, "the server has read its settings")
        yield
    finally:
        at_ease(server, take_back)
        at_ease(server, "SELECT pg_reload_conf()")


def close_a_deposit(server, between):
    """T1 reads the deposit, T2 closes it, somebody looks at it, T1 writes into it."""
    server.sql(START)
    with server.client("one") as one, server.client("two") as two:
        one.run("BEGIN ISOLATION LEVEL SERIALIZABLE", "SELECT deposit FROM control")
        two.run("BEGIN ISOLATION LEVEL SERIALIZABLE", "UPDATE control SET deposit = 2", "COMMIT")
        between()
        one.run("INSERT INTO receipts VALUES (1, 100)", "COMMIT")
    assert server.sql("SELECT * FROM receipts") == [["1", "100"]]


def test_without_us_the_deposit_takes_its_receipt(server):
    close_a_deposit(server, lambda: None)


def test_a_serializable_reader_in_our_place_would_cost_the_application_its_receipt(server):
    reader = ("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY; SELECT deposit FROM control;"
              " SELECT count(*) FROM receipts; COMMIT")
    with pytest.raises(AssertionError, match="could not serialize access"):
        close_a_deposit(server, lambda: server.sql(reader))


@pytest.mark.parametrize("who", SET_BY)
def test_the_deposit_takes_its_receipt_beside_us(server, tmp_path, who):
    def collect():
        page = collect_once(tmp_path, sql_config(server.url()))
        assert page.value("closed_receipts") == 0

    with serializable(server, who):
        close_a_deposit(server, collect)


def test_the_deposit_takes_its_receipt_beside_us_behind_a_pooler(server, tmp_path):
    pooler = PgBouncer(server)
    try:
        with serializable(server, "the role", role="shop"):
            url = pooler.url(user="shop", database="shop")
            close_a_deposit(server, lambda: collect_once(tmp_path, sql_config(url)))
    finally:
        pooler.close()


@pytest.mark.parametrize("who", SET_BY)
def test_a_standby_is_collected_though_it_is_told_to_be_serializable(server, replica, tmp_path,
                                                                     who):
    told = replica if who == "the server" else server
    with serializable(told, who):
        told_of = "SELECT count(*) FROM pg_db_role_setting"
        eventually(lambda: at_ease(replica, told_of) == at_ease(server, told_of), 20,
                   "the replica knows the roles' settings")
        page = collect_once(tmp_path, sql_config(replica.url())
                            + f'  - type: postgres\n    dsn: "{replica.url()}"\n')
    assert page.has("closed_receipts")
    assert page.value("pg_up") == 1
    assert page.value("pg_stat_database_numbackends", datname="shop") >= 1


def test_a_count_leaves_the_applications_scans_where_they_begin(server, tmp_path):
    """A scan of a table beyond a quarter of shared_buffers begins where the last one stood."""
    server.sql("CREATE TABLE IF NOT EXISTS big AS SELECT i AS id, repeat('x', 200) AS filling"
               " FROM generate_series(1, 200000) AS i;"
               " ANALYZE big; GRANT SELECT ON big TO exporter")
    first = server.sql("SELECT id FROM big LIMIT 1")
    page = collect_once(tmp_path, sql_config(
        server.url(), "    counts: [{metric: big_rows, table: big, count_up_to: 90000}]\n"))
    assert page.value("big_rows") == 90000
    assert server.sql("SELECT id FROM big LIMIT 1") == first


# Each of another length, so that each of what follows it has another time left.
UNEVEN = """
    max_db_time: 100%
    queries:
""" + "".join(f"""
      - sql: SELECT {n} AS v, pg_sleep(random() / 20)
        metrics: [{{name: uneven_{n}, value: v}}]
""" for n in range(4))


def test_collections_leave_no_more_statements_in_pg_stat_statements(server, start_exporter):
    """It holds so many, and drops the application's for ours."""
    exporter = start_exporter(f"global: {{interval: 1s}}\n"
                              f"{sql_config(server.url(), '    name: uneven' + UNEVEN)}")
    kept = ("SELECT count(*) FROM pg_stat_statements AS s JOIN pg_roles AS r ON r.oid = s.userid"
            " WHERE rolname = 'exporter'")
    exporter.await_page(lambda page: page.successes("uneven") >= 2, 20, "two collections")
    known = server.sql(kept)
    exporter.await_page(lambda page: page.successes("uneven") >= 6, 30, "four more")
    assert server.sql(kept) == known
