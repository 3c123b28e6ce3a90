"""What rows and statements must not become: a sum of two, half an answer, an unreadable page."""

import sqlite3
import subprocess

import pytest

from support.exporter import run
from support.page import Page
from support.processes import program
from support.waiting import eventually


def ask(tmp_path, dsn, text):
    path = tmp_path / "exporter.yaml"
    path.write_text(f"collectors:\n  - type: sql\n    name: shop\n    dsn: \"{dsn}\"\n{text}")
    done = run("collect", "--config", path)
    return Page(done.stdout), done.stderr


def test_rows_of_null_and_of_an_empty_text_are_not_added_up_in_a_query(postgres, tmp_path):
    page, errors = ask(tmp_path, postgres.url(), """
    queries:
      - sql: SELECT * FROM (VALUES (NULL, 3), ('', 4), ('a', 5)) AS load(host, mean)
        metrics: [{name: load_mean, value: mean, labels: [host]}]
""")
    assert page.series("load_mean", host="a") == [({"host": "a"}, 5)]
    assert [value for labels, value in page.series("load_mean") if not labels.get("host")] == [3]
    assert "load_mean: query: 1 rows have the labels of an earlier one" in errors
    assert "NULL and '' are one" in errors


@pytest.mark.parametrize("statement", [
    "SELECT count(*) AS v FROM it_examined LIMIT ROWS EXAMINED 100",
    "SELECT count(*) AS v FROM (SELECT i FROM it_examined LIMIT ROWS EXAMINED 100) AS some"])
def test_an_answer_of_mariadb_that_was_cut_off_is_no_value(mariadb, tmp_path, statement):
    mariadb.sql("CREATE OR REPLACE TABLE it_examined AS SELECT seq AS i FROM seq_1_to_3000")
    page, errors = ask(tmp_path, mariadb.url(), f"""
    queries:
      - {{name: cut, sql: "{statement}", metrics: [{{name: cut_value, value: v}}]}}
      - {{name: whole, sql: "SELECT count(*) AS v FROM it_examined LIMIT ROWS EXAMINED 100000",
         metrics: [{{name: whole_value, value: v}}]}}
      - {{name: warned, sql: "SELECT 7 AS v, 'x' + 1", metrics: [{{name: warned_value, value: v}}]}}
""")
    assert not page.has("cut_value")
    assert "shop: cut: limit: Query execution was interrupted" in errors
    assert page.value("whole_value") == 3000
    assert page.value("warned_value") == 7, "another warning costs nothing"


def test_a_nul_in_a_label_of_sqlite_is_replaced_and_prometheus_reads_the_page(tmp_path):
    with sqlite3.connect(tmp_path / "odd.db") as database:
        database.execute("CREATE TABLE odd AS SELECT 'a' || char(0) || 'b' AS name")
    database.close()
    page, errors = ask(tmp_path, f"sqlite://{tmp_path}/odd.db",
                       "    counts: [{metric: odd_total, table: odd, by: [name]}]\n")
    assert "shop" not in errors
    assert page.series("odd_total") == [({"name": "a\ufffdb"}, 1)]
    done = subprocess.run([program("promtool"), "check", "metrics"], input=page.text, text=True,
                          capture_output=True, timeout=30)
    assert done.returncode in (0, 3), done.stderr  # 3 is "valid, and I would write it otherwise".


def test_two_counts_of_one_metric_have_each_their_own_query_series(postgres, tmp_path):
    page, _ = ask(tmp_path, postgres.url(), """
    count_mode: auto
    counts:
      - {metric: table_rows, table: tasks, constant_labels: {of: tasks}}
      - {metric: table_rows, table: users, constant_labels: {of: users}}
""")
    names = {"table_rows", "table_rows of users"}
    for series in ("exporter_query_rows", "exporter_count_estimated"):
        assert {labels["query"] for labels, _ in page.series(series)} == names


def test_whether_a_count_was_estimated_is_said_only_while_it_has_a_value(postgres, start_exporter):
    postgres.sql("CREATE TABLE it_fleeting AS SELECT 1 AS i;"
                 "GRANT SELECT ON it_fleeting TO exporter")
    exporter = start_exporter(f"""
collectors:
  - type: sql
    dsn: "{postgres.url()}"
    interval: 1s
    timeout: 1s
    stale_after: 3s
    max_db_time: 100%
    counts:
      - {{metric: fleeting, table: it_fleeting, mode: auto}}
      - {{metric: lasting, table: users, mode: auto}}
""")
    eventually(lambda: exporter.page().has("fleeting"), 20, "it has a value")
    assert exporter.page().has("exporter_count_estimated", query="fleeting")
    postgres.sql("DROP TABLE it_fleeting")
    eventually(lambda: not exporter.page().has("fleeting"), 30, "it has none")
    page = exporter.page()
    assert not page.has("exporter_count_estimated", query="fleeting")
    assert page.has("exporter_count_estimated", query="lasting") == page.has("lasting")
