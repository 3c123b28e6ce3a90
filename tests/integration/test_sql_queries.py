"""What a query of the sql collector may become, on a real PostgreSQL and a SQLite file."""

import math
import sqlite3
import subprocess

import pytest

from support.processes import program

ROWS = """
DROP TABLE IF EXISTS it_waits;
DROP TABLE IF EXISTS it_numbers;
DROP TABLE IF EXISTS it_disks;
CREATE TABLE it_waits (queue text, seconds float);
INSERT INTO it_waits VALUES ('a', 0.05), ('a', 0.1), ('a', 3), ('a', 70), ('a', NULL), ('b', 0.5);
CREATE TABLE it_numbers (name text, host text, value float);
INSERT INTO it_numbers VALUES ('users', 'x', 3), ('users', 'y', 4), ('jobs', 'x', 5);
CREATE TABLE it_disks (disk text, read_bytes int, write_bytes int);
INSERT INTO it_disks VALUES ('sda', 10, 20), ('sdb', 30, NULL);
"""
TABLES = ("it_waits", "it_numbers", "it_disks")
BUCKETS = """
          SELECT queue,
            CASE WHEN seconds <= 0.1 THEN 0.1 WHEN seconds <= 1 THEN 1
                 WHEN seconds <= 10 THEN 10 END AS le,
            count(*) AS n, (SELECT sum(seconds) FROM it_waits s WHERE s.queue = w.queue) AS total
          FROM it_waits w WHERE seconds IS NOT NULL GROUP BY queue, 2"""
EVERY_KIND = f"""
    queries:
      - sql: |{BUCKETS}
        metrics:
          - {{name: wait_seconds, type: histogram, le: le, value: n, sum: total, labels: [queue],
              help: Waits.}}
      - sql: SELECT queue, seconds FROM it_waits
        metrics:
          - {{name: waited_seconds, type: histogram, value: seconds, buckets: [0.1, 1, 10],
              labels: [queue], help: Waits.}}
      - sql: SELECT 1 AS le, 2 AS n UNION ALL SELECT 5, 3 UNION ALL SELECT NULL, 7
        metrics:
          - {{name: known_seconds, type: histogram, le: le, value: n, cumulative: true,
             help: Waits.}}
      - sql: SELECT name, host, value FROM it_numbers
        metrics:
          - {{name_from: name, prefix: app_, value: value, labels: [host], help: A number.}}
      - sql: SELECT disk, read_bytes, write_bytes FROM it_disks
        metrics:
          - {{name: disk_bytes_total, type: counter, values: [read_bytes, write_bytes],
              value_label: operation, labels: [disk], help: Bytes.}}
      - sql: SELECT 1 AS one
        metrics:
          - {{name: one, type: untyped, value: one, help: One.}}
"""


@pytest.fixture(params=["postgresql", "sqlite"])
def dsn(request, postgres, tmp_path):
    """The same rows on either database."""
    if request.param == "postgresql":
        grants = "".join(f"GRANT SELECT ON {table} TO exporter;" for table in TABLES)
        postgres.sql(ROWS + grants)
        return postgres.url()
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.executescript(ROWS)
    return f"sqlite://{tmp_path}/shop.db"


def config(dsn, body, times="", header=""):
    return f"{header}collectors:\n  - type: sql\n    dsn: \"{dsn}\"\n{times}{body}"


def buckets(page, name, **labels):
    return {series["le"]: value for series, value in page.series(name + "_bucket", **labels)}


def promtool(text):
    done = subprocess.run([program("promtool"), "check", "metrics"], input=text, text=True,
                          capture_output=True, timeout=30, check=False)
    return done.stdout + done.stderr


def test_every_kind_of_metric_is_on_the_page_and_promtool_takes_it(collect, dsn):
    page = collect(config(dsn, EVERY_KIND))
    for name, labels in (("wait_seconds", {"queue": "a"}), ("waited_seconds", {"queue": "a"})):
        assert page.types[name] == "histogram"
        assert page.value(name + "_count", **labels) == 4
        assert page.value(name + "_sum", **labels) == pytest.approx(73.15)
    # No row of queue a lies between 0.1 and 1, so its buckets have no such bound.
    assert buckets(page, "wait_seconds", queue="a") == {"0.1": 2, "10": 3, "+Inf": 4}
    assert buckets(page, "waited_seconds", queue="a") == {"0.1": 2, "1": 2, "10": 3, "+Inf": 4}
    assert buckets(page, "waited_seconds", queue="b") == {"0.1": 0, "1": 1, "10": 1, "+Inf": 1}
    assert buckets(page, "known_seconds") == {"1": 2, "5": 3, "+Inf": 7}
    assert math.isnan(page.value("known_seconds_sum"))
    assert page.value("app_users", host="y") == 4
    assert page.value("app_jobs", host="x") == 5
    assert page.value("disk_bytes_total", disk="sda", operation="write_bytes") == 20
    assert page.value("disk_bytes_total", disk="sdb", operation="read_bytes") == 30
    assert not page.has("disk_bytes_total", disk="sdb", operation="write_bytes")
    assert (page.types["one"], page.value("one")) == ("untyped", 1)
    assert promtool(page.text) == ""


def test_rows_that_cannot_be_cost_themselves(collect, postgres):
    page = collect(config(postgres.url(), r"""
    queries:
      - name: hostile
        sql: |
          SELECT * FROM (VALUES ('ok', 1, 2::float8), ('exporter_up', 1, 2), ('good', 1, 2),
            ('a b', 1, 2), (E'a"\n', 1, 2), (NULL, 1, 2), ('fine', NULL, 'NaN')) AS t (row, le, n)
        metrics:
          - {name_from: row, value: n}
          - {name: good, value: n, labels: [row]}
          - {name: rows, type: histogram, value: n, le: le, labels: [row]}
"""), code=1)
    assert page.value("ok") == 2
    assert math.isnan(page.value("fine"))
    assert page.value("good", row='a"\n') == 2, "the metric with a name of its own has it alone"
    assert len(page.series("good")) == 7
    assert page.value("rows_count", row="ok") == 2
    assert not page.has("rows_count", row="fine")
    assert page.value("exporter_collector_up", collector="sql") == 1
    assert page.errors("sql", "query") == 2


def test_a_query_has_a_timeout_and_a_limit_of_its_own(collect, postgres):
    page = collect(config(postgres.url(), """
    queries:
      - sql: SELECT 1 AS slow FROM pg_sleep(60)
        timeout: 500ms
        metrics: [{name: slow, value: slow}]
      - sql: SELECT i FROM generate_series(1, 11) AS i
        max_rows: 10
        metrics: [{name: many, value: i, labels: [i]}]
      - sql: SELECT 1 AS quick
        metrics: [{name: quick, value: quick}]
""", times="    timeout: 10s\n"), code=1)
    assert page.value("quick") == 1
    assert not page.has("slow") and not page.has("many")
    assert page.errors("sql", "timeout") == 1
    assert page.errors("sql", "limit") == 1
    assert page.value("exporter_collector_duration_seconds", collector="sql") < 5
    assert not postgres.sql("SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' "
                            "AND state = 'active' AND pid <> pg_backend_pid()")


def test_on_error_drop_withdraws_at_once_and_keep_when_it_is_stale(start_exporter, postgres):
    postgres.sql("DROP TABLE IF EXISTS it_gone; CREATE TABLE it_gone (n int);"
                 "INSERT INTO it_gone VALUES (7); GRANT SELECT ON it_gone TO exporter")
    exporter = start_exporter(config(postgres.url(), """
    queries:
      - sql: SELECT n FROM it_gone
        metrics: [{name: kept, value: n}]
      - sql: SELECT n FROM it_gone
        on_error: drop
        metrics: [{name: dropped, value: n}]
      - sql: SELECT 1 AS n
        metrics: [{name: other, value: n}]
""", times="    interval: 200ms\n    stale_after: 5s\n"))
    exporter.await_page(lambda page: page.has("kept") and page.has("dropped"), 10, "both are shown")
    postgres.sql("DROP TABLE it_gone")
    exporter.await_page(lambda page: not page.has("dropped"), 4, "one is dropped")
    page = exporter.page()
    assert page.value("kept") == 7 and page.value("other") == 1
    exporter.await_page(lambda page: not page.has("kept"), 10, "the other is stale")
    assert exporter.page().value("other") == 1


def test_on_missing_zero_is_a_histogram_of_zeros(start_exporter, postgres):
    postgres.sql("DROP TABLE IF EXISTS it_spans; CREATE TABLE it_spans (v float);"
                 "INSERT INTO it_spans VALUES (3); GRANT SELECT ON it_spans TO exporter")
    exporter = start_exporter(config(postgres.url(), """
    queries:
      - sql: SELECT v FROM it_spans
        on_missing: zero
        metrics: [{name: spans, type: histogram, value: v, buckets: [1, 5]}]
""", times="    interval: 200ms\n"))
    exporter.await_page(lambda page: page.has("spans_count"), 10, "it is shown")
    assert buckets(exporter.page(), "spans") == {"1": 0, "5": 1, "+Inf": 1}
    postgres.sql("DELETE FROM it_spans")
    exporter.await_page(lambda page: page.value("spans_count") == 0, 10, "it is empty")
    assert buckets(exporter.page(), "spans") == {"1": 0, "5": 0, "+Inf": 0}


def test_a_statement_is_read_from_a_file_beside_the_configuration(collect, dsn, tmp_path):
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "disks.sql").write_text(
        "-- ${NOT_REPLACED}\nSELECT disk, read_bytes FROM it_disks -- without an end\n")
    page = collect(config(dsn, """
    queries:
      - query_file: sql/disks.sql
        metrics: [{name: disk_read_bytes, value: read_bytes, labels: [disk]}]
"""))
    assert page.value("disk_read_bytes", disk="sda") == 10
