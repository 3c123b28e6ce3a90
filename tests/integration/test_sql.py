"""The sql collector against a real PostgreSQL and a SQLite file."""

import sqlite3

import pytest

ROWS = """
DROP TABLE IF EXISTS it_jobs;
CREATE TABLE it_jobs (team text, state text, cost numeric, weight float);
INSERT INTO it_jobs VALUES ('a', 'open', 1.5, 0.1), ('a', 'open', 2, NULL), ('a', 'done', 3, 2),
  ('b', 'open', NULL, 1), (NULL, 'open', 1, 1), ('', 'open', 1, 1);
"""


@pytest.fixture(params=["postgresql", "sqlite"])
def dsn(request, postgres, tmp_path):
    """The same rows on either database."""
    if request.param == "postgresql":
        postgres.sql(ROWS + "GRANT SELECT ON it_jobs TO exporter")
        return postgres.url()
    with sqlite3.connect(tmp_path / "jobs.db") as database:
        database.executescript(ROWS)
    return f"sqlite://{tmp_path}/jobs.db"


def config(dsn, body):
    return f"collectors:\n  - type: sql\n    dsn: \"{dsn}\"\n{body}"


def test_counts_by_columns_with_null_and_empty_as_one_group(collect, dsn):
    page = collect(config(dsn, """
    counts:
      - {metric: jobs, table: it_jobs}
      - {metric: jobs_open, table: it_jobs, where: "state = 'open'", by: [team]}
      - {metric: jobs_done, table: it_jobs, where: "state = 'done'", by: [team]}
"""))
    assert page.value("jobs") == 6
    assert {labels.get("team", ""): value for labels, value in page.series("jobs_open")} == {
        "a": 2, "b": 1, "": 2}
    assert {labels.get("team", ""): value for labels, value in page.series("jobs_done")} == {
        "a": 1}, "groups of zero are dropped"


def test_on_missing_zero_keeps_groups_of_zero(collect, dsn):
    page = collect(config(dsn, """
    counts:
      - {metric: jobs_done, table: it_jobs, where: "state = 'done'", by: [team], on_missing: zero}
"""))
    assert page.value("jobs_done", team="a") == 1
    assert page.value("jobs_done", team="b") == 0


def test_a_null_value_is_no_sample_and_costs_no_other_row(collect, dsn):
    page = collect(config(dsn, """
    queries:
      - sql: >-
          SELECT team, max(weight) AS weight, max(cost) AS cost
          FROM it_jobs WHERE team <> '' GROUP BY team
        metrics:
          - {name: job_cost, type: gauge, value: cost, labels: [team], help: Dearest job.}
          - {name: job_weight, type: gauge, value: weight, labels: [team]}
"""))
    assert {labels["team"]: value for labels, value in page.series("job_cost")} == {"a": 3}
    assert page.value("job_weight", team="b") == 1
    assert "# HELP job_cost Dearest job.\n" in page.text


def test_a_missing_table_a_bad_statement_and_a_missing_column_cost_themselves(collect, dsn):
    page = collect(config(dsn, """
    counts:
      - {metric: good_rows, table: it_jobs}
      - {metric: lost_rows, table: no_such_table}
    queries:
      - sql: SELEKT 1
        metrics: [{name: bad_statement, type: gauge, value: x}]
      - sql: SELECT 1 AS one
        metrics:
          - {name: good_value, type: gauge, value: one}
          - {name: lost_value, type: gauge, value: two}
"""), code=1)
    assert page.value("good_rows") == 6
    assert page.value("good_value") == 1
    assert page.errors("sql", "missing") >= 1
    assert page.errors("sql", "query") >= 1
    assert not page.families() & {"lost_rows", "bad_statement", "lost_value"}


def test_a_statement_cannot_write(collect, dsn, postgres):
    page = collect(config(dsn, """
    queries:
      - sql: DELETE FROM it_jobs RETURNING 1 AS one
        metrics: [{name: deleted, type: gauge, value: one}]
    counts:
      - {metric: good_rows, table: it_jobs}
"""), code=1)
    assert not page.has("deleted")
    assert page.value("good_rows") == 6


def test_a_label_may_hold_any_text(collect, postgres):
    page = collect(config(postgres.url(), r"""
    queries:
      - sql: SELECT E'a"b\\c\nd' AS text, 'é☃' AS more, 1 AS one
        metrics: [{name: odd_labels, type: gauge, value: one, labels: [text, more]}]
"""))
    assert page.value("odd_labels", text='a"b\\c\nd', more="é☃") == 1


def test_numbers_keep_every_digit(collect, postgres):
    page = collect(config(postgres.url(), """
    queries:
      - sql: SELECT 9007199254740991 AS big, 0.1::float8 AS tenth, 'NaN'::float8 AS nan
        metrics:
          - {name: big, type: gauge, value: big}
          - {name: tenth, type: gauge, value: tenth}
          - {name: nan, type: gauge, value: nan}
"""))
    assert page.value("big") == 9007199254740991
    assert "\ntenth 0.1\n" in page.text
    assert "\nnan NaN\n" in page.text


def test_a_statement_whose_own_connection_fails_costs_itself_alone(collect, postgres):
    postgres.sql(ROWS + """
GRANT SELECT ON it_jobs TO exporter;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
DROP SERVER IF EXISTS it_dead CASCADE;
CREATE SERVER it_dead FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
CREATE USER MAPPING FOR exporter SERVER it_dead OPTIONS (user 'x', password 'x');
CREATE FOREIGN TABLE it_remote (i int) SERVER it_dead;
GRANT SELECT ON it_remote TO exporter;
""")
    page = collect(config(postgres.url(), """
    counts:
      - {metric: remote_rows, table: it_remote}
      - {metric: jobs, table: it_jobs}
"""), code=1)
    assert page.value("jobs") == 6
    assert page.value("exporter_collector_up", collector="sql") == 1
    assert page.value("exporter_collector_errors_total", collector="sql", reason="query") == 1


def test_a_sqlite_number_keeps_its_digits(collect, tmp_path):
    with sqlite3.connect(tmp_path / "jobs.db") as database:
        database.executescript(
            "CREATE TABLE n (v REAL); INSERT INTO n VALUES (1700000000.123456)")
    page = collect(config(f"sqlite://{tmp_path}/jobs.db", """
    queries:
      - sql: SELECT v FROM n
        metrics: [{name: n_v, type: gauge, value: v, help: A number.}]
"""))
    assert page.value("n_v") == 1700000000.123456


def test_a_sqlite_file_that_is_not_there_is_a_target_that_is_down(collect, tmp_path):
    page = collect(config(f"sqlite://{tmp_path}/absent.db", """
    counts:
      - {metric: jobs, table: it_jobs}
"""), code=1)
    assert page.value("exporter_collector_up", collector="sql") == 0
    assert page.value("exporter_collector_errors_total", collector="sql", reason="missing") == 1
