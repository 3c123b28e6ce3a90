"""How the counts of a table are asked of a real PostgreSQL: together, apart, estimated, bounded."""

import pytest

from support.servers import Postgres

ROWS = 200_000
STATEMENTS = """
SELECT calls, replace(query, E'\\n', ' ')
FROM pg_stat_statements AS s JOIN pg_roles AS r ON r.oid = s.userid
WHERE rolname = 'exporter' AND query LIKE 'SELECT %exporter_count_%' ORDER BY query"""
BY_STATUS = "{metric: tasks_by_status, table: tasks, by: [organization_id, status]}"
OVERDUE_WHERE = "due_at < '2020-06-01' AND status <> 'COMPLETED'"
OVERDUE = (f'{{metric: tasks_overdue, table: tasks, where: "{OVERDUE_WHERE}",'
           " by: [organization_id, priority]}")
SCHEMA = f"""
CREATE EXTENSION pg_stat_statements;
-- Without the clock, so that every count of it is the same.
TRUNCATE tasks;
INSERT INTO tasks (organization_id, status, priority, created_at, due_at)
SELECT 1 + least(i % 8, i % 11),
       (ARRAY['PENDING', 'RUNNING', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'FAILED'])
         [1 + i / 8 % 6],
       (ARRAY['low', 'normal', 'high'])[1 + i % 3], timestamptz '2020-01-01',
       CASE WHEN i % 5 <> 0 THEN timestamptz '2020-01-01' + i % 365 * interval '1 day' END
FROM generate_series(1, {ROWS}) AS i;
CREATE TABLE pairs AS SELECT i % 200 AS a, i / 1000 AS b FROM generate_series(0, {ROWS} - 1) AS i;
CREATE TABLE parted (day date, size int) PARTITION BY RANGE (day);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM ('2020-02-01') TO ('2020-03-01');
CREATE TABLE parted_3 PARTITION OF parted FOR VALUES FROM ('2020-03-01') TO ('2020-04-01');
INSERT INTO parted SELECT date '2020-01-01' + i % 60, i FROM generate_series(1, {ROWS}) AS i;
CREATE VIEW completed AS SELECT * FROM tasks WHERE status = 'COMPLETED';
ANALYZE;
CREATE TABLE never AS SELECT * FROM tasks;
CREATE TABLE empty (x int);
GRANT SELECT ON ALL TABLES IN SCHEMA public TO exporter;
"""


@pytest.fixture(scope="module")
def server():
    own = Postgres(["shared_preload_libraries=pg_stat_statements", "autovacuum=off"])
    own.sql(SCHEMA)
    yield own
    own.close()


@pytest.fixture
def counted(server, collect):
    """Collects these counts once; returns the page and the statements that counted."""
    def once(*counts, code=0, more=""):
        server.sql("SELECT pg_stat_statements_reset()")
        page = collect(f"""
collectors:
  - type: sql
    dsn: "{server.url()}"
    {more}
    counts:
""" + "".join(f"      - {count}\n" for count in counts), code)
        asked = server.sql(STATEMENTS)
        assert all(calls == "1" for calls, _ in asked), asked
        return page, [statement for _, statement in asked]

    return once


def values(page, name, *labels):
    return {tuple(found[label] for label in labels): value for found, value in page.series(name)}


def failed(server):
    return float(server.sql("SELECT count(*) FROM tasks WHERE status = 'FAILED'")[0][0])


def by_psql(server, statement):
    return {tuple(row[:-1]): float(row[-1]) for row in server.sql(statement)}


def test_tasks_by_status_and_overdue_are_one_statement_and_right(server, counted):
    page, statements = counted(BY_STATUS, OVERDUE)
    assert len(statements) == 1, statements
    shared = (values(page, "tasks_by_status", "organization_id", "status"),
              values(page, "tasks_overdue", "organization_id", "priority"))
    assert shared[0] == by_psql(
        server, "SELECT organization_id, status, count(*) FROM tasks GROUP BY 1, 2")
    assert shared[1] == by_psql(
        server, f"SELECT organization_id, priority, count(*) FROM tasks WHERE {OVERDUE_WHERE}"
                " GROUP BY 1, 2")
    for count, found in zip((BY_STATUS, OVERDUE), shared):
        page, statements = counted(count)
        assert len(statements) == 1
        name = "tasks_by_status" if count is BY_STATUS else "tasks_overdue"
        label = "status" if count is BY_STATUS else "priority"
        assert values(page, name, "organization_id", label) == found, "the same apart"


def test_a_count_that_an_index_serves_stays_apart(server, counted):
    page, statements = counted(
        BY_STATUS, OVERDUE, '{metric: tasks_first, table: tasks, where: "id <= 300"}')
    assert len(statements) == 2, statements
    assert [statement for statement in statements if "id <=" in statement] == [
        "SELECT count(*) AS exporter_count_0 FROM \"tasks\" WHERE (id <= $1 )"]
    assert page.value("tasks_first") == float(
        server.sql("SELECT count(*) FROM tasks WHERE id <= 300")[0][0])


def test_counts_whose_groups_are_too_many_together_run_apart(server, counted):
    page, statements = counted("{metric: pairs_by_a, table: pairs, by: [a]}",
                               "{metric: pairs_by_b, table: pairs, by: [b]}",
                               "{metric: pairs_all, table: pairs}")
    assert len(statements) == 2, "the plain one goes with either"
    assert len(page.series("pairs_by_a")) == len(page.series("pairs_by_b")) == 200
    assert page.value("pairs_all") == ROWS


@pytest.mark.parametrize("table", ["tasks", "parted"])
def test_mode_auto_estimates_a_large_analyzed_table(counted, table):
    page, statements = counted(f"{{metric: rows_all, table: {table}}}",
                               f'{{metric: rows_some, table: {table}, where: "1 = 1"}}',
                               more="count_mode: auto")
    assert len(statements) == 1, "rows_some"
    assert page.value("rows_all") == pytest.approx(ROWS, rel=0.02)
    assert page.value("rows_some") == ROWS
    assert f"# HELP rows_all Rows of {table}. Estimated by" in page.text


@pytest.mark.parametrize("table, rows", [("never", ROWS), ("users", 1200), ("empty", 0)])
def test_mode_auto_counts_what_is_small_or_was_never_analyzed(counted, table, rows):
    page, statements = counted(f"{{metric: rows_all, table: {table}, mode: auto}}")
    assert len(statements) == 1
    assert page.value("rows_all") == rows


@pytest.mark.parametrize("table, where, rows", [
    ("tasks", "", ROWS), ("tasks", "status = 'FAILED'", ROWS / 6), ("parted", "", ROWS),
    ("parted", "day >= '2020-02-01'", ROWS * 29 / 60), ("completed", "", ROWS / 2),
    ("empty", "", 0), ("empty", "x > 1", 0)])
def test_mode_estimate_is_near_and_counts_nothing(counted, table, where, rows):
    condition = f', where: "{where}"' if where else ""
    page, statements = counted(f"{{metric: rows_some, table: {table}, mode: estimate{condition}}}")
    assert not statements
    assert page.value("rows_some") == pytest.approx(rows, rel=0.02 if not where else 0.1)


def test_an_estimate_of_a_table_that_was_never_analyzed_is_no_value(counted):
    page, _ = counted("{metric: rows_all, table: never, mode: estimate}",
                      "{metric: rows_counted, table: never}", code=1)
    assert not page.has("rows_all")
    assert page.value("rows_counted") == ROWS
    assert page.errors("sql", "missing") == 1


def test_count_up_to_stops_there(server, counted):
    page, _ = counted(
        "{metric: many, table: tasks, count_up_to: 500}",
        '{metric: few, table: tasks, where: "id <= 0 OR status = \'FAILED\'", count_up_to: 150000}',
        '{metric: none_at_all, table: tasks, where: "status IS NULL", count_up_to: 500}')
    assert page.value("many") == 500
    assert page.value("few") == failed(server)
    assert page.value("none_at_all") == 0
    assert "500 means 500 or more" in page.text


@pytest.mark.parametrize("table", [
    r'"tasks\"; DROP TABLE users; --"', r'"\"tasks\"\"; DROP TABLE users; --\""',
    r'"tasks, users"', r'"tasks WHERE true"', r'"(SELECT 1) AS x"'])
def test_a_hostile_table_is_an_error_and_no_statement(server, collect, table):
    config = f"""
collectors:
  - type: sql
    dsn: "{server.url()}"
    counts: [{{metric: hostile, table: {table}}}, {{metric: users_total, table: users}}]
"""
    if table == r'"tasks\"; DROP TABLE users; --"':
        collect(config, code=2)  # A quote that stays open is a mistake of the configuration.
    else:
        page = collect(config, code=1)
        assert page.errors("sql", "missing") == 1
        assert not page.has("hostile")
        assert page.value("users_total") == 1200
    assert server.sql("SELECT count(*) FROM users") == [["1200"]]


@pytest.mark.parametrize("on_missing", ["drop", "zero"])
@pytest.mark.parametrize("where", [
    "true; DROP TABLE users", "true); DROP TABLE users; --", "true)\\n; DROP TABLE users; --",
    "status = 'FAILED')", "(status = 'FAILED'", "true)) AS exporter_count_0, ((true",
    "true)) AS exporter_count_0, 5 AS exporter_count_1, ((true", "true /*", "status = 'FAILED",
    "true) FROM pg_shadow --"])
def test_a_condition_that_is_none_costs_its_own_count(server, counted, where, on_missing):
    page, _ = counted(
        BY_STATUS, f'{{metric: odd, table: tasks, where: "{where}", on_missing: {on_missing}}}',
        '{metric: failed, table: tasks, where: "status = \'FAILED\' -- all of them"}', code=1)
    assert not page.has("odd")
    assert page.errors("sql", "query") == 1
    assert page.value("failed") == failed(server)
    assert sum(values(page, "tasks_by_status", "organization_id", "status").values()) == ROWS
    assert server.sql("SELECT count(*) FROM users") == [["1200"]]
