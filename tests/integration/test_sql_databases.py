"""The sql collector in several databases of one server."""

import contextlib

import pytest

from support.exporter import run
from support.pgbouncer import PgBouncer
from support.servers import POSTGRES_PASSWORD, Postgres
from support.waiting import eventually

TABLE = """
CREATE TABLE orders (id int, status text);
INSERT INTO orders SELECT n, CASE WHEN n % 2 = 0 THEN 'paid' ELSE 'new' END
  FROM generate_series(1, {rows}) AS n;
GRANT SELECT ON orders TO PUBLIC; ANALYZE orders;
"""
ROWS = {"tenant_1": 3, "tenant_2": 5, "other": 7}
COUNTS = """
    counts:
      - {metric: orders_by_status, table: orders, by: [status]}
      - {metric: orders_estimate, table: orders, mode: estimate}
    queries:
      - {name: last, sql: SELECT max(id) AS v FROM orders, metrics: [{name: last_order, value: v}]}
"""


def make(server, name, rows):
    server.sql(f"CREATE DATABASE {name}", "postgres")
    server.sql(TABLE.format(rows=rows), name)


@pytest.fixture(scope="module")
def server():
    """Databases with a table each, one that lacks it, and one that the role may not enter."""
    with contextlib.closing(Postgres()) as own:
        for name, rows in ROWS.items():
            make(own, name, rows)
        own.sql("CREATE DATABASE bare", "postgres")
        own.sql("CREATE DATABASE forbidden; CREATE DATABASE closed", "postgres")
        own.sql("REVOKE CONNECT ON DATABASE forbidden FROM PUBLIC;"
                "ALTER DATABASE closed ALLOW_CONNECTIONS false", "postgres")
        yield own


def sql(url, databases=None, parts=COUNTS, **keys):
    if databases is not None:
        keys["databases"] = databases
    more = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    return f'collectors:\n  - type: sql\n    dsn: "{url}"\n{more}{parts}'


def values(page, name, **labels):
    return {found["datname"]: value for found, value in page.series(name, **labels)}


def stderr_of(tmp_path, config, command="collect", code=1):
    path = tmp_path / "exporter.yaml"
    path.write_text(config)
    options = ["--connect"] if command == "check" else []
    done = run(command, "--config", path, *options)
    assert done.returncode == code, done.stderr
    return done.stderr


def test_each_count_and_each_query_is_asked_in_each_database(server, collect):
    page = collect(sql(server.url(database="other"), "{include: ['tenant_.*', other]}"))
    assert values(page, "last_order") == ROWS
    assert values(page, "orders_estimate") == ROWS
    assert values(page, "orders_by_status", status="new") == {"tenant_1": 2, "tenant_2": 3,
                                                              "other": 4}
    assert values(page, "exporter_count_estimated") == dict.fromkeys(ROWS, 1)
    assert values(page, "exporter_query_rows", query="last") == dict.fromkeys(ROWS, 1)


def test_without_the_key_the_database_of_the_dsn_is_asked_alone(server, collect):
    page = collect(sql(server.url(database="tenant_1")))
    assert page.value("last_order") == 3
    assert not [labels for name in ("last_order", "orders_by_status", "exporter_query_rows")
                for labels, _ in page.series(name) if "datname" in labels]


def test_a_database_that_fails_costs_itself_and_says_why(server, tmp_path, collect):
    config = sql(server.url(database="other"), "{exclude: [postgres, shop]}")
    page = collect(config, code=1)
    assert values(page, "last_order") == ROWS
    assert page.errors("sql", "permission") == 1
    assert page.errors("sql", "missing") == 3   # Two counts and a query of `bare`.
    assert page.up("sql") == 1
    for command in ("collect", "check"):
        told = stderr_of(tmp_path, config, command)
        assert 'last of bare: missing: database "bare": relation "orders" does not exist' in told
        assert 'forbidden: permission: database "forbidden": ' in told
        assert "closed" not in told and "template" not in told


def test_a_table_that_a_database_lacks_may_be_skipped(server, tmp_path, collect):
    exclude = "exclude: [forbidden, postgres, shop], skip_missing: true"
    page = collect(sql(server.url(database="other"), f"{{{exclude}}}"))
    assert values(page, "last_order") == ROWS
    # What no database has is a mistake all the same.
    told = stderr_of(tmp_path, sql(server.url(database="other"), f"{{{exclude}}}", """
    counts: [{metric: orders_total, table: odrers}, {metric: good, table: orders}]
"""))
    assert told.count('relation "odrers" does not exist') == len(ROWS) + 1
    assert "good" not in told


def test_of_a_metric_of_two_counts_each_may_be_lacking(server, tmp_path, collect):
    databases = "{include: [bare, other], skip_missing: true}"
    counts = """
    counts:
      - {metric: kept, table: orders, where: status = 'new', constant_labels: {kind: new}}
      - {metric: kept, table: TABLE, where: status = 'paid', constant_labels: {kind: paid}}
"""
    page = collect(sql(server.url(), databases, counts.replace("TABLE", "orders")))
    assert values(page, "kept", kind="new") == {"other": 4}
    told = stderr_of(tmp_path, sql(server.url(), databases, counts.replace("TABLE", "odrers")))
    assert told.count('relation "odrers" does not exist') == 2
    assert told.count('"orders" does not exist') == 0
    assert "kept of odrers of bare: missing: " in told, "which of the two it is"


def test_databases_come_and_go(server, start_exporter):
    config = sql(server.url(), "{include: ['late_.*', other], interval: 1h}", interval="2s",
                 timeout="2s", stale_after="10m")
    exporter = start_exporter(config)
    exporter.await_page(lambda page: values(page, "last_order") == {"other": 7}, 30, "it is there")
    make(server, "late_1", 2)
    exporter.await_page(lambda page: values(page, "last_order").get("late_1") == 2, 30,
                        "it is found long before the next round, by a retry or at once")
    server.sql("DROP DATABASE late_1", "postgres")
    exporter.await_page(lambda page: values(page, "last_order") == {"other": 7}, 10, "it is gone")
    page = exporter.page()
    assert values(page, "exporter_query_rows", query="last") == {"other": 1}
    make(server, "late_1", 9)
    exporter.await_page(lambda page: values(page, "last_order").get("late_1") == 9, 30,
                        "another of its name is not taken for it")
    server.sql("DROP DATABASE late_1", "postgres")


def test_databases_come_and_go_while_a_slow_query_is_not_paid_for(server, start_exporter):
    make(server, "late_2", 2)
    exporter = start_exporter(
        sql(server.url(), "{include: ['late_.*', other], interval: 3s}", """
    queries:
      - {sql: "SELECT max(id) AS v, pg_sleep(0.5) FROM orders",
         metrics: [{name: last_order, value: v}]}
""", interval="3s", timeout="3s", max_db_time="0.1%"))
    wanted = {"late_2": 2, "other": 7}
    exporter.await_page(lambda page: values(page, "last_order") == wanted, 30, "all are asked once")
    spent = exporter.page().value("exporter_query_last_success_timestamp_seconds", datname="other")
    server.sql("DROP DATABASE late_2", "postgres")
    make(server, "late_3", 3)
    wanted = {"late_3": 3, "other": 7}
    exporter.await_page(lambda page: values(page, "last_order") == wanted, 20, "long before 1000 s")
    server.sql("DROP DATABASE late_3", "postgres")
    exporter.await_page(lambda page: values(page, "last_order") == {"other": 7}, 20, "gone too")
    again = exporter.page().value("exporter_query_last_success_timestamp_seconds", datname="other")
    assert again == spent, "the round itself waits"


def test_a_database_that_is_slow_costs_itself(server, start_exporter):
    server.sql("CREATE DATABASE slow", "postgres")
    server.sql("CREATE VIEW orders AS SELECT 1 AS id, 'x' AS status, pg_sleep(600)::text;"
               "GRANT SELECT ON orders TO PUBLIC", "slow")
    try:
        exporter = start_exporter(
            sql(server.url(), "{include: ['tenant_.*', slow], interval: 1s}", """
    queries: [{sql: SELECT max(id) AS v FROM orders, metrics: [{name: last_order, value: v}]}]
""", interval="1s", timeout="1s", max_db_time="100%"))
        exporter.await_page(lambda page: page.errors("sql", "timeout") >= 3, 30, "it is slow")
        page = exporter.page()
        assert values(page, "last_order") == {"tenant_1": 3, "tenant_2": 5}
        assert page.up("sql") == 1
    finally:
        server.sql("DROP DATABASE slow WITH (FORCE)", "postgres")


def test_what_was_locked_in_one_database_is_asked_again_there_alone(server, start_exporter):
    make(server, "lock_1", 1)
    make(server, "lock_2", 1)
    server.sql("ALTER TABLE orders OWNER TO shop", "lock_1")
    with server.client("holder") as holder:
        holder.run(r"\connect lock_1", "BEGIN", "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        exporter = start_exporter(
            sql(server.url(), "{include: ['lock_.*']}", interval="1h", max_db_time="100%", parts="""
    queries: [{sql: SELECT max(id) AS v FROM orders, metrics: [{name: last_order, value: v}]}]
"""))
        exporter.await_page(lambda page: page.errors("sql", "timeout") >= 1, 20, "it is locked")
        assert values(exporter.page(), "last_order") == {"lock_2": 1}
        server.sql("INSERT INTO orders VALUES (2)", "lock_2")
    exporter.await_page(lambda page: "lock_1" in values(page, "last_order"), 90, "asked again")
    assert values(exporter.page(), "last_order") == {"lock_1": 1, "lock_2": 1}, \
        "the other had its answer, and is due in an hour"


def test_no_connection_to_another_database_is_kept_from_visit_to_visit(server, start_exporter):
    exporter = start_exporter(sql(server.url(), "{include: ['tenant_.*'], interval: 200ms}",
                                  interval="200ms", timeout="200ms"))
    exporter.await_page(lambda page: page.successes("sql") >= 15, 20, "three seconds of visits")
    held = server.sql("SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'tenant%'"
                      " AND usename = 'exporter' AND clock_timestamp() - backend_start > '1s'")
    assert held == [["0"]]
    assert server.sql("SELECT count(*) <= 2 FROM pg_stat_activity"
                      " WHERE usename = 'exporter'") == [["t"]]
    assert POSTGRES_PASSWORD not in exporter.log()


def test_no_connection_to_another_database_outlives_a_second_and_a_statement(server,
                                                                            start_exporter):
    """Counts on one table are one part, of a statement each: together they take twelve seconds."""
    counts = "".join(f"      - {{metric: slow_{n}, table: orders, count_up_to: 1,"
                     " where: \"(SELECT pg_sleep(1.2)::text) = ''\"}\n" for n in range(10))
    exporter = start_exporter(sql(server.url(), "{include: [tenant_1]}", f"    counts:\n{counts}",
                                  interval="20s", timeout="20s", max_db_time="100%"), ready=False)
    ages = {}   # By process.

    def sees_visit():
        ages.update((pid, float(age)) for pid, age in server.sql(
            "SELECT pid, extract(epoch FROM clock_timestamp() - backend_start)"
            " FROM pg_stat_activity WHERE datname = 'tenant_1' AND usename = 'exporter'"))
        return ages

    eventually(sees_visit, 20, "the visit began")
    exporter.await_page(lambda page: sees_visit() and page.has("slow_9"), 30, "it ended")
    print(f"{len(ages)} connections, the oldest {max(ages.values()):.1f} s")
    assert len(ages) >= 5
    assert max(ages.values()) < 3.5, "DROP DATABASE waits for five"


def test_through_pgbouncer_each_database_is_asked_by_its_name(server, collect, tmp_path):
    include = "{include: ['tenant_.*', other]}"
    url = f"postgresql://shop:{POSTGRES_PASSWORD}@127.0.0.1:{{}}/tenant_1"
    with contextlib.closing(PgBouncer(server, databases={"*": ""})) as by_name:
        assert values(collect(sql(url.format(by_name.port), include)), "last_order") == ROWS
    # A name that leads elsewhere would show another database's orders; one that is unknown, none.
    with contextlib.closing(PgBouncer(server, databases={"tenant_1": "",
                                                         "tenant_2": "dbname=other"})) as odd:
        config = sql(url.format(odd.port), include)
        assert values(collect(config, code=1), "last_order") == {"tenant_1": 3}
        told = stderr_of(tmp_path, config)
    assert 'tenant_2: missing: database "tenant_2": a connection to it leads to another' in told
    assert 'other: missing: database "other": ' in told and "no such database: other" in told


def test_each_database_of_mariadb_is_asked(mariadb, collect, tmp_path):
    for name, rows in {**ROWS, "secret": 1, "bare": 0}.items():
        mariadb.sql(f"CREATE DATABASE {name}")
        if rows:
            orders = ", ".join(f"({n + 1})" for n in range(rows))
            mariadb.sql(f"CREATE TABLE orders (id int); INSERT INTO orders VALUES {orders}", name)
        if name != "secret":
            mariadb.sql(f"GRANT SELECT ON {name}.* TO exporter@'127.0.0.1'")
    try:
        parts = """
    counts: [{metric: orders_total, table: orders}]
    queries: [{sql: SELECT max(id) AS v FROM orders, metrics: [{name: last_order, value: v}]}]
"""
        page = collect(sql(mariadb.url(database="other"), "{exclude: [shop, bare]}", parts))
        assert values(page, "last_order") == ROWS and values(page, "orders_total") == ROWS
        page = collect(sql(mariadb.url(database=""), "{include: ['tenant_.*']}", parts))
        assert values(page, "last_order") == {"tenant_1": 3, "tenant_2": 5}
        told = stderr_of(tmp_path, sql(mariadb.url(database="other"), "{exclude: [shop]}", parts))
        assert 'database "bare": Table \'bare.orders\' doesn\'t exist' in told
        collect(sql(mariadb.url(database="other"), "{exclude: [shop], skip_missing: true}", parts))
    finally:
        for name in (*ROWS, "secret", "bare"):
            mariadb.sql(f"DROP DATABASE {name}")
