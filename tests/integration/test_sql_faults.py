"""What goes wrong in a database, each with its reason, and the other metrics whole."""

import re
import time

import pytest

from support.exporter import run
from support.page import Page
from support.servers import Postgres

TABLES = """
CREATE TABLE good (i int); INSERT INTO good SELECT generate_series(1, 3);
CREATE TABLE locked (i int);
CREATE TABLE dropped (i int);
CREATE TABLE revoked (i int);
CREATE TABLE nulls (team text, i int);
INSERT INTO nulls VALUES (NULL, NULL), (NULL, 7), ('a', NULL);
CREATE TABLE "odd "" name; --" ("by ""column" text); INSERT INTO "odd "" name; --" VALUES ('x');
CREATE TABLE words (v text); INSERT INTO words VALUES ('twelve'), ('12');
CREATE TABLE floats (kind text, v float8);
INSERT INTO floats VALUES ('nan', 'NaN'), ('plus', 'Infinity'), ('minus', '-Infinity');
GRANT SELECT ON ALL TABLES IN SCHEMA public TO exporter;
DROP TABLE dropped;
REVOKE SELECT ON revoked FROM exporter;
"""

# Names of metrics, and each a part of the collector that is asked under trouble.
PARTS = r"""
    counts:
      - {metric: good_rows, table: good}
      - {metric: locked_rows, table: locked}
      - {metric: dropped_rows, table: dropped}
      - {metric: revoked_rows, table: revoked}
      - {metric: odd_rows, table: '"odd "" name; --"'}
    queries:
      - {name: good, sql: "SELECT 5 AS v", metrics: [{name: good_value, value: v}]}
      - name: nulls
        sql: SELECT team, i FROM nulls
        metrics: [{name: null_value, value: i, labels: [team]}]
      - name: rows
        sql: SELECT i FROM generate_series(1, 1000000) AS i
        metrics: [{name: million_value, value: i, labels: [i]}]
      - name: words
        sql: SELECT v FROM words
        metrics: [{name: word_value, value: v, labels: [v]}]
      - name: floats
        sql: SELECT kind, v FROM floats
        metrics: [{name: float_value, value: v, labels: [kind]}]
      - name: label
        sql: SELECT E'a"b\\c\nd' AS label, 1 AS v
        metrics: [{name: label_value, value: v, labels: [label]}]
      - {name: last, sql: "SELECT 6 AS v", metrics: [{name: last_value, value: v}]}
      - name: endless
        sql: SELECT 1 AS v, pg_sleep(600)
        metrics: [{name: endless_value, value: v}]
"""

# Which part fails, and why; all others are good.
REASONS = {"locked_rows": "timeout", "dropped_rows": "missing", "revoked_rows": "permission",
           "endless": "timeout", "rows": "limit", "word_value": "query"}


@pytest.fixture(scope="module")
def server():
    own = Postgres()
    own.sql("CREATE DATABASE troubled")
    own.sql(TABLES, database="troubled")
    yield own
    own.close()


def once(tmp_path, dsn, more=""):
    """One run; the page, the parts that failed with their reasons, and how long it took."""
    path = tmp_path / "exporter.yaml"
    path.write_text(f"collectors:\n  - type: sql\n    name: shop\n    timeout: 4s\n"
                    f"    dsn: \"{dsn}\"\n    max_db_time: 100%\n{more}{PARTS}")
    began = time.monotonic()
    done = run("collect", "--config", path)
    took = time.monotonic() - began
    failed = dict(re.findall(r"^shop: (\w+): (\w+): ", done.stderr, re.MULTILINE))
    assert done.returncode == (1 if failed else 0), done.stderr
    return Page(done.stdout), failed, took


@pytest.mark.parametrize("more", ["", "    singleton: true\n"], ids=["alone", "singleton"])
def test_each_fault_has_its_reason_and_costs_itself_alone(server, tmp_path, more):
    holder = server.client("holder")
    try:
        server.sql("GRANT CONNECT ON DATABASE troubled TO shop; "
                   "ALTER TABLE locked OWNER TO shop", database="troubled")
        holder.run(r"\connect troubled", "BEGIN", "LOCK TABLE locked IN ACCESS EXCLUSIVE MODE")
        page, failed, took = once(tmp_path, server.url(database="troubled"), more)
    finally:
        holder.__exit__()
    assert failed == REASONS
    assert took < 4 + 1.5, "the run ended in its time"
    assert page.up("shop") == 1
    assert page.value("good_rows") == 3
    assert page.value("odd_rows") == 1
    assert page.value("good_value") == 5
    assert page.value("last_value") == 6
    assert page.series("null_value") == [({}, 7)] or page.value("null_value", team="") == 7
    assert page.value("word_value", v="12") == 12 and len(page.series("word_value")) == 1
    assert page.value("float_value", kind="plus") == float("inf")
    assert page.value("float_value", kind="minus") == float("-inf")
    assert "float_value{kind=\"nan\"} NaN\n" in page.text
    assert page.value("label_value", label='a"b\\c\nd') == 1
    assert not page.families() & {"locked_rows", "dropped_rows", "revoked_rows", "endless_value",
                                  "million_value"}
    # What the failed statements asked for is not asked any more.
    assert server.sql("SELECT query FROM pg_stat_activity"
                      " WHERE application_name LIKE 'exporter%' AND state = 'active'") == []


def test_a_text_that_is_not_utf_8_is_a_label_all_the_same(server, tmp_path):
    server.sql("CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'",
               database="postgres")
    path = tmp_path / "exporter.yaml"
    path.write_text(f"""
collectors:
  - type: sql
    dsn: "{server.url(database='bytes')}"
    queries:
      - sql: SELECT E'caf\\xe9' AS place, 1 AS v
        metrics: [{{name: place_value, value: v, labels: [place]}}]
""")
    done = run("collect", "--config", path)
    assert done.returncode == 0, done.stderr
    assert Page(done.stdout).value("place_value", place="caf\ufffd") == 1


HOSTILE = 'good"; DROP TABLE good; --'
QUOTED = HOSTILE.replace('"', '""')


@pytest.mark.parametrize("keys, says", [
    (f"table: '\"{QUOTED}\"'", ": missing: "),
    (f"table: good, by: ['{HOSTILE}']", "is no label name"),
], ids=["table", "by"])
def test_a_hostile_name_is_an_error_and_never_a_statement(server, tmp_path, keys, says):
    path = tmp_path / "exporter.yaml"
    path.write_text(f"collectors:\n  - type: sql\n    dsn: \"{server.url(database='troubled')}\"\n"
                    f"    counts:\n      - {{metric: hostile_rows, {keys}}}\n")
    done = run("collect", "--config", path)
    assert done.returncode in (1, 2)
    assert says in done.stderr
    assert server.sql("SELECT count(*) FROM good", database="troubled") == [["3"]]


def test_a_query_is_one_statement_whatever_it_holds(server, tmp_path):
    path = tmp_path / "exporter.yaml"
    path.write_text(f"""
collectors:
  - type: sql
    dsn: "{server.url(database='troubled')}"
    counts:
      - {{metric: good_rows, table: good}}
      - {{metric: two, table: good, where: "true); DROP TABLE good; SELECT (1"}}
      - {{metric: comment, table: good, where: "true) --"}}
    queries:
      - {{name: second, sql: "SELECT 1 AS v; SELECT 2 AS v", metrics: [{{name: second, value: v}}]}}
      - {{name: commit, sql: "COMMIT", metrics: [{{name: commit, value: v}}]}}
""")
    done = run("collect", "--config", path)
    failed = dict(re.findall(r"^sql: (\w+): (\w+): ", done.stderr, re.MULTILINE))
    assert failed["two"] == failed["comment"] == failed["second"] == "query"
    page = Page(done.stdout)
    assert page.value("good_rows") == 3
    assert not page.families() & {"two", "comment", "second", "commit"}
