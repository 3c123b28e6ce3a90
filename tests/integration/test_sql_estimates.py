"""mode: estimate has a value only if PostgreSQL's statistics are a ground for one."""

import re

import pytest

from support.exporter import run
from support.page import Page
from support.postgres_versions import programs
from support.servers import Postgres

SCHEMA = """
CREATE TABLE ten AS SELECT i FROM generate_series(1, 10) AS i;
CREATE TABLE known AS SELECT i FROM generate_series(1, 50000) AS i;
CREATE VIEW over_ten AS SELECT * FROM ten WHERE i < 1000;
CREATE VIEW over_known AS SELECT * FROM known WHERE i > 25000;
CREATE VIEW over_both AS SELECT i FROM over_known UNION ALL SELECT i FROM over_ten;
CREATE VIEW over_function AS SELECT g FROM known, unnest(ARRAY[1, i]) AS g;
CREATE VIEW over_nothing AS SELECT g FROM generate_series(1, 5) AS g;
CREATE MATERIALIZED VIEW kept AS SELECT * FROM ten;
CREATE TABLE days (day int, i int) PARTITION BY LIST (day);
CREATE TABLE day_1 PARTITION OF days FOR VALUES IN (1);
INSERT INTO days SELECT 1, i FROM generate_series(1, 50000) AS i;
CREATE TABLE few (day int, i int) PARTITION BY LIST (day);
CREATE TABLE few_1 PARTITION OF few FOR VALUES IN (1);
INSERT INTO few SELECT 1, i FROM generate_series(1, 500000) AS i;
ANALYZE known, days, few;
CREATE TABLE day_2 PARTITION OF days FOR VALUES IN (2);
CREATE TABLE day_3 PARTITION OF days FOR VALUES IN (3);
CREATE TABLE few_2 PARTITION OF few FOR VALUES IN (2);
CREATE TABLE gone AS SELECT i FROM generate_series(1, 10) AS i;
TRUNCATE gone;
CREATE EXTENSION postgres_fdw;
CREATE SERVER self FOREIGN DATA WRAPPER postgres_fdw
  OPTIONS (host '{folder}', port '{port}', dbname 'shop');
CREATE USER MAPPING FOR public SERVER self OPTIONS (user 'postgres', password_required 'false');
CREATE FOREIGN TABLE far_ten (i int) SERVER self OPTIONS (table_name 'ten');
CREATE FOREIGN TABLE far_known (i int) SERVER self OPTIONS (table_name 'known');
ANALYZE far_known;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO exporter;
"""
# What there is no ground for, and what the problem names.
NO_GROUND = {"ten": "ten was never analyzed", "over_ten": "ten was never analyzed",
             "kept": "kept was never analyzed", "far_ten": "far_ten was never analyzed",
             "days": "day_2 was never analyzed", "over_function": "a function returns rows",
             "over_nothing": "PostgreSQL knows no table that is read"}
GROUND = {"known": 50000, "over_known": 25000, "over_both": 25010, "few": 500000, "gone": 0,
          "far_known": 50000}


@pytest.fixture(scope="module", params=[13, 15, 18], ids=lambda major: f"postgres-{major}")
def server(request):
    own = Postgres(["autovacuum=off"], programs=programs(request.param))
    own.sql(SCHEMA.format(folder=own.folder, port=own.port))
    yield own
    own.close()


@pytest.fixture
def estimated(server, tmp_path):
    """Asks for estimates of these tables; returns the page and the problems by metric."""
    def once(tables, mode="estimate"):
        path = tmp_path / "exporter.yaml"
        counts = "".join(f"      - {{metric: {table}_rows, table: {table}, mode: {mode}}}\n"
                         for table in tables)
        path.write_text(f"collectors:\n  - type: sql\n    dsn: \"{server.url()}\"\n"
                        f"    counts:\n{counts}")
        done = run("collect", "--config", path)
        problems = re.findall(r"^sql: (\w+)_rows: (\w+: .*)$", done.stderr, re.MULTILINE)
        return Page(done.stdout), dict(problems)

    return once


def test_without_statistics_there_is_no_number_and_the_reason_names_the_table(estimated):
    page, problems = estimated(NO_GROUND)
    assert set(problems) == set(NO_GROUND)
    for table, says in NO_GROUND.items():
        assert problems[table].startswith("missing: " + says), table
        assert not page.has(f"{table}_rows"), table


def test_with_statistics_the_number_is_near(estimated):
    page, problems = estimated(GROUND)
    assert not problems
    for table, rows in GROUND.items():
        assert page.value(f"{table}_rows") == pytest.approx(rows, rel=0.05), table


def test_analyze_is_the_remedy(server, estimated):
    server.sql("CREATE TABLE later AS SELECT i FROM generate_series(1, 40) AS i;"
               "CREATE VIEW over_later AS SELECT * FROM later;"
               "CREATE FOREIGN TABLE far_later (i int) SERVER self OPTIONS (table_name 'later');"
               "GRANT SELECT ON ALL TABLES IN SCHEMA public TO exporter")
    tables = ["later", "over_later", "far_later"]
    assert set(estimated(tables)[1]) == set(tables)
    server.sql("ANALYZE later, far_later")
    page, problems = estimated(tables)
    assert not problems
    assert [page.value(f"{table}_rows") for table in tables] == [40, 40, 40]


def test_mode_auto_takes_no_estimate_of_a_view_or_a_foreign_table(server, estimated):
    server.sql("CREATE TABLE large AS SELECT i FROM generate_series(1, 150000) AS i;"
               "CREATE VIEW over_large AS SELECT * FROM large;"
               "CREATE FOREIGN TABLE far_large (i int) SERVER self OPTIONS (table_name 'large');"
               "GRANT SELECT ON ALL TABLES IN SCHEMA public TO exporter; ANALYZE large, far_large")
    page, problems = estimated(["large", "over_large", "far_large"], mode="auto")
    assert not problems
    told = {labels["query"]: value for labels, value in page.series("exporter_count_estimated")}
    assert told == {"large_rows": 1, "over_large_rows": 0, "far_large_rows": 0}
