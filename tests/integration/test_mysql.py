"""The sql collector against a real MariaDB, or MySQL."""

import time

import pytest

from support.mysql import own_server
from support.servers import MARIADB_PASSWORD, WRONG_PASSWORD

ROWS = """
DROP TABLE IF EXISTS jobs, digits;
CREATE TABLE digits (a INT);
INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
CREATE TABLE jobs (team VARCHAR(9), state VARCHAR(9), cost DECIMAL(10,3), weight DOUBLE, done BIT);
INSERT INTO jobs VALUES ('a', 'open', 1.5, 0.1, 0), ('a', 'open', 2, NULL, 0),
  ('a', 'done', 3, 2, 1), ('b', 'open', NULL, 1, 0), (NULL, 'open', 1, 1, NULL),
  ('', 'open', 1, 1, 0);
"""


@pytest.fixture
def server(mariadb):
    mariadb.sql(ROWS)
    return mariadb


def config(dsn, body, timeout="5s"):
    return f"""
collectors:
  - type: sql
    timeout: {timeout}
    dsn: "{dsn}"
{body}"""


def by_team(page, name):
    return {labels.get("team", ""): value for labels, value in page.series(name)}


def test_counts_share_a_scan_and_agree_with_the_counts_apart(collect, server):
    counts = ["{metric: jobs, table: jobs}",
              "{metric: jobs_open, table: jobs, where: \"state = 'open' -- so\", by: [team]}",
              "{metric: jobs_done, table: shop.jobs, where: 'done', by: [team], on_missing: zero}",
              "{metric: jobs_wide, table: jobs, where: 'cost > 1', by: [team, state]}"]
    shared = collect(config(server.url(), f"    counts: [{', '.join(counts)}]"))
    assert shared.value("jobs") == 6
    assert by_team(shared, "jobs_open") == {"a": 2, "b": 1, "": 2}
    assert by_team(shared, "jobs_done") == {"a": 1, "b": 0, "": 0}
    for count in counts:
        apart = collect(config(server.url(), f"    counts: [{count}]"))
        for family in apart.families() & {"jobs", "jobs_open", "jobs_done", "jobs_wide"}:
            assert apart.samples[family] == shared.samples[family]


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "mysql+pymysql"])
def test_each_scheme_leads_to_the_server(collect, server, scheme):
    page = collect(config(server.url(scheme=scheme), "    counts: [{metric: jobs, table: jobs}]"))
    assert page.value("jobs") == 6


def test_a_socket_leads_to_the_server(collect, server):
    url = f"mysql://exporter:{MARIADB_PASSWORD}@/shop?unix_socket={server.socket}"
    page = collect(config(url, "    counts: [{metric: jobs, table: jobs}]"))
    assert page.value("jobs") == 6


def test_a_null_value_is_no_sample_and_costs_no_other_row(collect, server):
    page = collect(config(server.url(), """
    queries:
      - sql: >-
          SELECT team, max(weight) AS weight, max(cost) AS cost
          FROM jobs WHERE team <> "" GROUP BY team
        metrics:
          - {name: job_cost, type: gauge, value: cost, labels: [team]}
          - {name: job_weight, type: gauge, value: weight, labels: [team]}
      - sql: SELECT NULL AS a, NULL AS b
        metrics: [{name: job_nothing, type: gauge, value: a, labels: [b]}]
"""))
    assert by_team(page, "job_cost") == {"a": 3}
    assert page.value("job_weight", team="b") == 1
    assert not page.has("job_nothing")


def test_numbers_keep_every_digit_and_bits_are_numbers(collect, server):
    page = collect(config(server.url(), """
    queries:
      - sql: >-
          SELECT 9007199254740991 AS big, CAST(0.1 AS DOUBLE) AS tenth, 1.250 AS price,
          (SELECT max(done) FROM jobs) AS bit, done, true AS yes, -1e300 AS low
          FROM jobs WHERE state = 'done'
        metrics:
          - {name: big, type: gauge, value: big}
          - {name: tenth, type: gauge, value: tenth}
          - {name: price, type: gauge, value: price}
          - {name: bit, type: gauge, value: bit}
          - {name: done, type: gauge, value: done}
          - {name: yes, type: gauge, value: "yes"}
          - {name: low, type: gauge, value: low}
"""))
    assert page.value("big") == 9007199254740991
    assert "\ntenth 0.1\n" in page.text
    assert page.value("price") == 1.25
    assert page.value("bit") == 1
    assert page.value("done") == 1
    assert page.value("yes") == 1
    assert page.value("low") == -1e300


def test_bits_that_could_be_read_in_two_ways_are_refused(collect, server):
    server.sql("DROP TABLE IF EXISTS flags; CREATE TABLE flags (bits BIT(8));"
               "INSERT INTO flags VALUES (49)")
    page = collect(config(server.url(), """
    queries:
      - sql: SELECT bits FROM flags
        metrics: [{name: raw_bits, type: gauge, value: bits}]
      - sql: SELECT bits + 0 AS bits FROM flags
        metrics: [{name: clear_bits, type: gauge, value: bits}]
"""), code=1)
    assert not page.has("raw_bits")
    assert page.errors("sql", "query") == 1
    assert page.value("clear_bits") == 49


def test_what_fails_costs_itself(collect, server):
    page = collect(config(server.url(), """
    counts:
      - {metric: good_rows, table: jobs}
      - {metric: lost_column, table: jobs, by: [no_such_column]}
      - {metric: lost_rows, table: no_such_table}
    queries:
      - sql: SELEKT 1
        metrics: [{name: bad_statement, type: gauge, value: x}]
      - sql: SELECT 1 AS one; SELECT 2
        metrics: [{name: two_statements, type: gauge, value: one}]
      - sql: SELECT 'x' AS one
        metrics: [{name: no_number, type: gauge, value: one}]
      - sql: SELECT 1 AS one
        metrics: [{name: good_value, type: gauge, value: one}]
"""), code=1)
    assert page.value("good_rows") == 6
    assert page.value("good_value") == 1
    assert page.errors("sql", "missing") == 2
    assert page.errors("sql", "query") >= 2
    assert not page.families() & {"lost_rows", "lost_column", "bad_statement", "two_statements",
                                  "no_number"}


@pytest.mark.parametrize("statement", [
    "INSERT INTO jobs (team) VALUES ('z') RETURNING 1 AS one", "DROP TABLE jobs",
    "CREATE TABLE jobs_copy AS SELECT 1 AS one", "SET @a = 1", "COMMIT"])
def test_a_statement_cannot_write(collect, server, statement):
    server.sql("DROP USER IF EXISTS writer@'127.0.0.1';"
               f"CREATE USER writer@'127.0.0.1' IDENTIFIED BY '{MARIADB_PASSWORD}';"
               "GRANT ALL ON shop.* TO writer@'127.0.0.1'")
    page = collect(config(server.url(user="writer"), f"""
    queries:
      - sql: "{statement}"
        metrics: [{{name: written, type: gauge, value: one}}]
    counts: [{{metric: jobs, table: jobs}}]
"""), code=1)
    assert page.value("jobs") == 6
    assert page.errors("sql", "query") == 1
    assert server.sql("SHOW TABLES LIKE 'jobs_copy'") == []


def test_a_name_that_needs_quoting_is_quoted_and_a_hostile_one_is_an_error(collect, server):
    server.sql('DROP TABLE IF EXISTS `we``ird "t".x`;'
               'CREATE TABLE `we``ird "t".x` (`a``b` INT); INSERT INTO `we``ird "t".x` VALUES (7)')
    page = collect(config(server.url(), """
    counts:
      - {metric: weird, table: '"we`ird ""t"".x"'}
      - {metric: hostile, table: 'jobs` WHERE 1=0; DROP TABLE jobs; --'}
    queries:
      - {sql: 'SELECT `a``b` AS v FROM `we``ird "t".x`',
         metrics: [{name: seven, type: gauge, value: v}]}
"""), code=1)
    assert page.value("weird") == 1
    assert page.value("seven") == 7
    assert page.errors("sql", "missing") == 1
    assert server.sql("SELECT count(*) FROM jobs") == [["6"]]


def test_labels_hold_any_text_and_no_bytes_that_are_none(collect, server):
    page = collect(config(server.url(), r"""
    queries:
      - sql: SELECT 'a"b\\c\nd' AS text, 'é☃𝄞' AS more, _latin1 x'E9' AS old, 1 AS one
        metrics: [{name: odd_labels, type: gauge, value: one, labels: [text, more, old]}]
      - sql: SELECT x'41E9FF' AS bytes, 1 AS one
        metrics: [{name: raw_bytes, type: gauge, value: one, labels: [bytes]}]
"""))
    assert page.value("odd_labels", text='a"b\\c\nd', more="é☃𝄞", old="é") == 1
    assert page.value("raw_bytes") == 1


def test_a_revoked_right_is_told_and_costs_its_own_count(collect, server):
    server.sql("CREATE TABLE IF NOT EXISTS hidden (a INT);"
               "DROP USER IF EXISTS narrow@'127.0.0.1';"
               f"CREATE USER narrow@'127.0.0.1' IDENTIFIED BY '{MARIADB_PASSWORD}';"
               "GRANT SELECT ON shop.hidden TO narrow@'127.0.0.1';"
               "GRANT SELECT ON shop.jobs TO narrow@'127.0.0.1'")
    body = """
    counts: [{metric: jobs, table: jobs}, {metric: hidden_rows, table: hidden}]
"""
    assert collect(config(server.url(user="narrow"), body)).value("hidden_rows") == 0
    server.sql("REVOKE SELECT ON shop.hidden FROM narrow@'127.0.0.1'")
    page = collect(config(server.url(user="narrow"), body), code=1)
    assert page.value("jobs") == 6
    assert page.errors("sql", "permission") == 1
    assert not page.has("hidden_rows")


def test_a_dropped_table_costs_its_own_count_and_comes_back(start_exporter, server):
    server.sql("DROP TABLE IF EXISTS fleeting; CREATE TABLE fleeting (a INT)")
    often = "global: {interval: 500ms, timeout: 500ms}\n"
    exporter = start_exporter(often + config(server.url(), """
    counts: [{metric: jobs, table: jobs}, {metric: fleeting_rows, table: fleeting}]
""", timeout="500ms"))
    exporter.await_page(lambda page: page.has("fleeting_rows"), 10, "the table is counted")
    server.sql("DROP TABLE fleeting")
    exporter.await_page(lambda page: page.errors("sql", "missing") > 0
                        and not page.has("fleeting_rows"), 10, "its loss is told")
    assert exporter.page().value("jobs") == 6
    server.sql("CREATE TABLE fleeting (a INT)")
    exporter.await_page(lambda page: page.has("fleeting_rows"), 10, "it is counted again")


@pytest.mark.parametrize("user,password,database,reason", [
    ("exporter", WRONG_PASSWORD, "shop", "auth"), ("nobody", WRONG_PASSWORD, "shop", "auth"),
    ("exporter", MARIADB_PASSWORD, "mysql", "permission"),
])
def test_who_may_not_connect_is_told_why(collect, server, user, password, database, reason):
    url = server.url(user=user, password=password, database=database)
    page = collect(config(url, "    counts: [{metric: jobs, table: jobs}]"), code=1)
    assert page.up("sql") == 0
    assert page.errors("sql", reason) == 1


def test_a_locked_table_costs_its_own_count(collect, server):
    server.sql("CREATE TABLE IF NOT EXISTS locked (a INT)")
    start = time.monotonic()
    with server.holder("LOCK TABLES locked WRITE"):
        page = collect(config(server.url(), """
    counts: [{metric: locked_rows, table: locked}, {metric: jobs, table: jobs}]
""", timeout="3s"), code=1)
        assert time.monotonic() - start < 3.5
        assert server.statements() == []
    assert page.value("jobs") == 6
    assert page.errors("sql", "timeout") == 1
    assert not page.has("locked_rows")


def test_a_query_of_ten_minutes_ends_in_time_and_on_the_server_too(collect, server):
    start = time.monotonic()
    page = collect(config(server.url(), """
    queries:
      - sql: SELECT SLEEP(600) AS slept
        metrics: [{name: slept, type: gauge, value: slept}]
    counts: [{metric: jobs, table: jobs}]
""", timeout="2s"), code=1)
    assert time.monotonic() - start < 2.5
    assert server.statements() == []
    assert page.errors("sql", "timeout") >= 1
    assert not page.has("slept")


@pytest.mark.parametrize("statement", [
    "SELECT 1 AS v FROM digits a, digits b, digits c, digits d, digits e, digits f",
    "SELECT repeat('x', 8000000) AS v, repeat('y', 7000000) AS w, repeat('z', 3000000) AS z",
])
def test_too_much_is_given_up_early_and_leaves_the_rest_whole(collect, server, statement):
    start = time.monotonic()
    page = collect(config(server.url(), f"""
    queries:
      - sql: "{statement}"
        metrics: [{{name: flood, type: gauge, value: v}}]
    counts: [{{metric: jobs, table: jobs}}]
"""), code=1)
    assert time.monotonic() - start < 3
    assert page.errors("sql", "limit") == 1
    assert page.value("jobs") == 6
    server.await_no_statement(2)


def test_the_connection_is_kept_and_is_no_aborted_client(start_exporter, own_mariadb):
    own_mariadb.sql(ROWS)

    def status(name):
        return int(own_mariadb.sql(f"SHOW GLOBAL STATUS LIKE '{name}'")[0][1])

    # Long enough that the exporter's end, right after a run, comes in no run.
    exporter = start_exporter("global: {interval: 1s, timeout: 1s}\n" + config(
        own_mariadb.url(), "    counts: [{metric: jobs, table: jobs}]", timeout="1s"))
    exporter.await_page(lambda page: page.successes("sql") >= 2, 10, "two runs")
    aborted = status("Aborted_clients")
    connections = own_mariadb.sql(
        "SELECT count(*) FROM information_schema.processlist WHERE user = 'exporter'")
    assert connections == [["1"]]
    before = own_mariadb.sql("SELECT id FROM information_schema.processlist WHERE user='exporter'")
    exporter.await_page(lambda page: page.successes("sql") >= 6, 20, "six runs")
    assert before == own_mariadb.sql(
        "SELECT id FROM information_schema.processlist WHERE user='exporter'")
    seen = exporter.page().successes("sql")
    exporter.await_page(lambda page: page.successes("sql") > seen, 10, "one more run")
    assert exporter.stop()[0] == 0
    assert status("Aborted_clients") == aborted


def test_a_stopped_server_costs_its_timeout_and_is_read_again_when_it_goes_on(
        start_exporter, own_mariadb):
    own_mariadb.sql(ROWS)
    exporter = start_exporter("global: {interval: 500ms, timeout: 500ms}\n" + config(
        own_mariadb.url(), "    counts: [{metric: jobs, table: jobs}]", timeout="500ms"))
    exporter.await_page(lambda page: page.successes("sql") > 0, 10, "a first run")
    own_mariadb.pause()
    exporter.await_page(lambda page: page.errors("sql", "timeout") >= 2, 10, "two runs timed out")
    own_mariadb.resume()
    exporter.await_page(lambda page: page.up("sql") == 1 and page.value("jobs") == 6, 10,
                        "it is read again")


def test_a_killed_server_is_read_again_when_it_is_back(start_exporter, own_mariadb):
    own_mariadb.sql(ROWS)
    exporter = start_exporter("global: {interval: 500ms, timeout: 500ms}\n" + config(
        own_mariadb.url(), "    counts: [{metric: jobs, table: jobs}]", timeout="500ms"))
    exporter.await_page(lambda page: page.successes("sql") > 0, 10, "a first run")
    own_mariadb.kill()
    exporter.await_page(lambda page: page.errors("sql", "connect") > 0, 10, "its end is told")
    own_mariadb.restart_after_kill()
    exporter.await_page(lambda page: page.up("sql") == 1 and page.value("jobs") == 6, 10,
                        "it is read again")


@pytest.fixture(scope="module")
def tls():
    server = own_server(tls=True)
    server.make_certificate("other")
    server.sql(ROWS + "ALTER USER exporter@'127.0.0.1' REQUIRE SSL")
    yield server
    server.close()


@pytest.mark.parametrize("host,parameters,reason", [
    ("127.0.0.1", "", None),
    ("127.0.0.1", "ssl-mode=REQUIRED", None),
    ("localhost", "ssl-mode=VERIFY_IDENTITY&ssl_ca={}/server.pem", None),
    ("localhost", "ssl_ca={}/server.pem", None),
    ("127.0.0.1", "ssl-mode=VERIFY_CA&ssl_ca={}/server.pem", None),
    ("127.0.0.1", "ssl-mode=VERIFY_IDENTITY&ssl_ca={}/server.pem", "connect"),
    ("localhost", "ssl-mode=VERIFY_CA&ssl_ca={}/other.pem", "connect"),
    ("localhost", "ssl-mode=VERIFY_IDENTITY&ssl_ca={}/other.pem", "connect"),
    ("localhost", "ssl-mode=VERIFY_IDENTITY", "connect"),
    ("127.0.0.1", "ssl-mode=VERIFY_CA&ssl_ca={}/none.pem", "connect"),
    ("127.0.0.1", "ssl-mode=DISABLED", "auth"),
])
def test_tls_goes_as_far_as_the_dsn_says(collect, tls, host, parameters, reason):
    url = tls.url(host=host, parameters=parameters.format(tls.folder))
    page = collect(config(url, "    counts: [{metric: jobs, table: jobs}]"),
                   code=1 if reason else 0)
    if reason:
        assert page.errors("sql", reason) == 1
        assert not page.has("jobs")
    else:
        assert page.value("jobs") == 6


def test_a_stopped_server_with_tls_costs_its_timeout_too(start_exporter, tls):
    exporter = start_exporter("global: {interval: 500ms, timeout: 500ms}\n" + config(
        tls.url(), "    counts: [{metric: jobs, table: jobs}]", timeout="500ms"))
    exporter.await_page(lambda page: page.successes("sql") > 0, 10, "a first run")
    tls.pause()
    try:
        exporter.await_page(lambda page: page.errors("sql", "timeout") >= 3, 10, "timeouts")
    finally:
        tls.resume()
    exporter.await_page(lambda page: page.up("sql") == 1, 10, "it is read again")


@pytest.mark.mariadb_only   # A MySQL 9 without TLS lets no user in.
def test_a_server_without_tls_is_refused_where_tls_is_required(collect, mariadb):
    page = collect(config(mariadb.url(parameters="ssl-mode=REQUIRED"),
                          "    counts: [{metric: jobs, table: jobs}]"), code=1)
    assert page.errors("sql", "connect") == 1
