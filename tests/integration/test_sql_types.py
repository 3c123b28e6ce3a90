"""What a column's type makes of its cells, compared with the server's own functions."""

import re

import pytest

from support.exporter import run
from support.page import Page
from support.postgres_versions import programs
from support.servers import Postgres

# A value in SQL, and the function of PostgreSQL that says what it is.
TIMES = {
    "stamp": ("timestamp '2026-11-30 12:00:00.25'", "extract(epoch FROM {})"),
    "zoned": ("timestamptz '2026-07-30 12:00:00+02'", "extract(epoch FROM {})"),
    "day": ("date '2024-02-29'", "extract(epoch FROM {})"),
    "old": ("timestamp '0044-03-15 06:07:08 BC'", "extract(epoch FROM {})"),
    "late": ("timestamptz '12026-07-30 12:00:00+02'", "extract(epoch FROM {})"),
    "span": ("interval '1 year 2 mons -3 days 04:05:06.7'", "extract(epoch FROM {})"),
    "back": ("interval '-1 year -2 days -00:00:01.5'", "extract(epoch FROM {})"),
    "clock": ("time '12:34:56.5'", "extract(epoch FROM {})"),
    "yes": ("true", "{}::int"),
    "no": ("false", "{}::int"),
    "amount": ("numeric '12.5'", "{}"),
}
INFINITE = {"nothing": ("numeric 'NaN'", "NaN"), "ever": ("timestamptz 'infinity'", "+Inf"),
            "never": ("date '-infinity'", "-Inf")}
# A value that is no number, and the function that the problem names.
OTHERS = {"money": ("money '1.50'", "money::numeric"),
          "list": ("ARRAY[1, 2]", "cardinality(list)"),
          "json": ("jsonb '{\"a\": 1}'", "(json ->> 'key')::numeric"),
          "bits": ("B'101'", "bits::bit(64)::bigint"),
          "place": ("pg_lsn '0/10'", "pg_wal_lsn_diff(place, '0/0')"),
          "timetz": ("timetz '12:00:00+02'", "extract(epoch FROM timetz)")}


def query(name, sql, more=""):
    return (f"      - name: {name}\n        sql: >-\n          {sql}\n"
            f"        metrics: [{{name: {name}_value, value: {name}{more}}}]\n")


def ask(tmp_path, dsn, text):
    path = tmp_path / "exporter.yaml"
    path.write_text(f"collectors:\n  - type: sql\n    name: shop\n    dsn: \"{dsn}\"\n{text}")
    done = run("collect", "--config", path)
    return Page(done.stdout), dict(re.findall(r"^shop: (\w+): (\w+: .*)$", done.stderr, re.M))


@pytest.fixture(scope="module", params=[13, 15, 18], ids=lambda major: f"postgres-{major}")
def server(request):
    own = Postgres(programs=programs(request.param))
    own.sql("CREATE TABLE flags (hidden bool, day date);"
            "INSERT INTO flags VALUES (true, '2026-01-02'), (true, '2026-01-02'), (false, NULL);"
            "GRANT SELECT ON flags TO exporter")
    yield own
    own.close()


@pytest.mark.parametrize("settings", [
    "", "SET DateStyle = 'German'; ALTER ROLE exporter SET IntervalStyle = 'iso_8601'; "
        "ALTER ROLE exporter SET TimeZone = 'Asia/Kolkata'"], ids=["plain", "of-the-role"])
def test_times_and_booleans_are_what_the_server_says(server, tmp_path, settings):
    if settings:
        server.sql(f"ALTER ROLE exporter {settings}")
    page, problems = ask(tmp_path, server.url(), "    queries:\n" + "".join(
        query(name, f"SELECT {value} AS {name}") for name, (value, _) in TIMES.items()))
    server.sql("ALTER ROLE exporter RESET ALL")
    assert not problems
    for name, (value, function) in TIMES.items():
        said = float(server.sql(f"SELECT {function.format(value)}")[0][0])
        assert page.value(f"{name}_value") == pytest.approx(said, rel=1e-15), name


def test_nan_and_infinity_are_themselves(server, tmp_path):
    values = {**INFINITE}
    if server.sql("SHOW server_version_num") >= [["140000"]]:
        values["most"] = ("numeric 'Infinity'", "+Inf")
    page, problems = ask(tmp_path, server.url(), "    queries:\n" + "".join(
        query(name, f"SELECT {value} AS {name}") for name, (value, _) in values.items()))
    assert not problems
    for name, (_, text) in values.items():
        assert f"\n{name}_value {text}\n" in page.text


def test_what_is_no_number_is_a_problem_that_names_the_function(server, tmp_path):
    page, problems = ask(tmp_path, server.url(), "    queries:\n" + "".join(
        query(name, f"SELECT {value} AS {name}") for name, (value, _) in OTHERS.items()))
    for name, (_, function) in OTHERS.items():
        assert problems[f"{name}_value"].startswith("query: ")
        assert problems[f"{name}_value"].endswith(function) or f"{function} or" in problems[
            f"{name}_value"] or f"{function}," in problems[f"{name}_value"], problems
        assert not page.has(f"{name}_value")


def test_booleans_are_true_and_false_as_labels_of_counts_and_queries(server, tmp_path):
    page, problems = ask(tmp_path, server.url(), """
    counts: [{metric: flags_total, table: flags, by: [hidden]}]
    queries:
      - sql: SELECT hidden, day, count(*) AS n FROM flags GROUP BY 1, 2
        metrics: [{name: days_total, value: n, labels: [hidden, day]}]
""")
    assert not problems
    counted = {labels["hidden"]: value for labels, value in page.series("flags_total")}
    assert counted == {"true": 2, "false": 1}
    assert page.value("days_total", hidden="true", day="2026-01-02") == 2


def test_a_missing_column_is_told_with_those_that_are_there(server, tmp_path):
    _, problems = ask(tmp_path, server.url(), "    queries:\n" + query(
        "tokenSum", "SELECT 1 AS tokenSum, 2 AS other"))
    assert problems == {"tokenSum_value": "missing: the answer has no column tokenSum; it has "
                        "tokensum, other; PostgreSQL folds a name without quotes to lower case"}


MARIADB = {"stamp": "timestamp('2026-11-30 12:00:00.25')", "day": "date('2024-02-29')"}


@pytest.mark.parametrize("zone", ["+00:00", "+05:30"])
def test_mariadbs_times_are_what_unix_timestamp_says(mariadb, tmp_path, zone):
    mariadb.sql(f"SET GLOBAL time_zone = '{zone}'")
    try:
        page, problems = ask(tmp_path, mariadb.url(), "    queries:\n" + "".join(
            query(name, f"SELECT {value} AS {name}") for name, value in MARIADB.items())
            + query("span", "SELECT time('-838:59:59') AS span"))
        assert not problems
        for name, value in MARIADB.items():
            assert page.value(f"{name}_value") == float(
                mariadb.sql(f"SELECT unix_timestamp({value})")[0][0]), name
        assert page.value("span_value") == -3020399
    finally:
        mariadb.sql("SET GLOBAL time_zone = 'SYSTEM'")


def test_mariadbs_times_in_a_zone_with_a_summer_time_are_a_problem_and_labels_all_the_same(
        mariadb, tmp_path):
    mariadb.sql("INSERT INTO mysql.time_zone (use_leap_seconds) VALUES ('N');"
                "INSERT INTO mysql.time_zone_name VALUES ('Test/Summer', last_insert_id());"
                "INSERT INTO mysql.time_zone_transition_type VALUES"
                " (last_insert_id(), 0, 3600, 0, 'WIN')", database="mysql")
    mariadb.sql("SET GLOBAL time_zone = 'Test/Summer'")
    try:
        page, problems = ask(tmp_path, mariadb.url(), "    queries:\n" + query(
            "stamp", "SELECT timestamp('2026-11-30 12:00:00') AS stamp") + query(
            "n", "SELECT timestamp('2026-11-30 12:00:00') AS at, 7 AS n", ", labels: [at]"))
        assert problems == {"stamp_value": "query: column stamp holds times in the server's zone, "
                            "which may have a summer time: ask for UNIX_TIMESTAMP(stamp)"}
        assert not page.has("stamp_value")
        assert page.value("n_value", at="2026-11-30 12:00:00") == 7
    finally:
        mariadb.sql("SET GLOBAL time_zone = 'SYSTEM'")
