"""The application's own statements beside us, on a real MariaDB: as they are without us."""

import pytest

from support.collect import collect_once
from support.mysql import own_server
from support.waiting import eventually

ROWS = 4
# A second for each row, so that it runs while the application works.
SLOW = "SELECT count(*) AS v FROM jobs WHERE SLEEP(1) = 0"
UPDATE = "SET SESSION innodb_lock_wait_timeout = 1; UPDATE jobs SET state = 'done'"


def config(server, statement, more=""):
    return f"""
global: {{interval: 6s}}
collectors:
  - type: sql
    name: jobs
    dsn: "{server.url()}"
    max_db_time: 100%
{more}
    queries: [{{sql: "{statement}", metrics: [{{name: jobs, value: v}}]}}]
"""


@pytest.fixture(scope="module")
def server():
    own = own_server()
    own.sql("CREATE TABLE jobs (id INT PRIMARY KEY, state VARCHAR(9)) ENGINE=InnoDB;"
            "INSERT INTO jobs VALUES (1, 'open'), (2, 'open'), (3, 'open'), (4, 'open')")
    yield own
    own.close()


@pytest.fixture
def everyone(server):
    """Sets variables for every session to come; takes them back."""
    told = set()

    def tell(**variables):
        for name, value in variables.items():
            told.add(name)
            server.sql(f"SET GLOBAL {name} = {value!r}")

    yield tell
    for name in told:
        server.sql(f"SET GLOBAL {name} = DEFAULT")


def runs(server):
    return [text for *_, text in server.statements() if "SLEEP" in text]


def test_the_application_updates_the_rows_that_we_count_though_all_is_serializable(
        server, everyone, start_exporter):
    everyone(**{server.ISOLATION: "SERIALIZABLE"})
    exporter = start_exporter(config(server, SLOW), ready=False)
    eventually(lambda: runs(server), 20, "we count")
    server.sql(UPDATE)
    assert runs(server), "we have counted all the while"
    exporter.await_page(lambda page: page.has("jobs"), 20, "the count has ended")
    assert exporter.page().value("jobs") == ROWS


def test_a_locking_read_in_our_place_would_cost_the_application_its_update(server):
    with server.holder(f"SET SESSION {server.ISOLATION} = 'SERIALIZABLE';"
                       " START TRANSACTION READ ONLY; SELECT count(*) INTO @rows FROM jobs"):
        with pytest.raises(AssertionError, match="1205"):
            server.sql(UPDATE)


@pytest.mark.parametrize("asks", ["LOCK IN SHARE MODE", "FOR UPDATE",
                                  "/*!50000 lock in/* so */share mode*/"])
def test_a_statement_that_would_lock_rows_is_refused(server, tmp_path, asks):
    page = collect_once(tmp_path, config(server, f"SELECT count(*) AS v FROM jobs {asks}"), code=1)
    assert not page.has("jobs")
    assert page.errors("jobs", "query") == 1


# What opens a transaction behind our back, and so would keep its locks.
@pytest.mark.parametrize("variables", [
    {"init_connect": "SET autocommit = 0"},
    {"completion_type": "CHAIN"},
    {"completion_type": "RELEASE"},
    {"init_connect": "SET autocommit = 0, completion_type = 1"},
], ids=str)
def test_migrations_pass_between_our_runs(server, everyone, start_exporter, variables):
    everyone(**variables)
    exporter = start_exporter(config(server, "SELECT count(*) AS v FROM jobs").replace("6s", "1s"))
    exporter.await_page(lambda page: page.successes("jobs") >= 2, 20, "it collects")
    connections = server.sql("SHOW GLOBAL STATUS LIKE 'Connections'")[0][1]
    for n in range(20):
        server.sql(f"SET SESSION lock_wait_timeout = 2;"
                   f"ALTER TABLE jobs ADD COLUMN note{n} INT, ALGORITHM=COPY;"
                   f"ALTER TABLE jobs DROP COLUMN note{n}, ALGORITHM=COPY")
    seen = exporter.page().successes("jobs")
    exporter.await_page(lambda page: page.successes("jobs") >= seen + 2, 20, "it goes on")
    after = server.sql("SHOW GLOBAL STATUS LIKE 'Connections'")[0][1]
    assert int(after) - int(connections) == 20 + 1, "we kept our connection"


# What would cut or garble what we read.
@pytest.mark.parametrize("variables", [
    {"sql_select_limit": 2},
    {"init_connect": "SET NAMES latin1"},
    {"sql_mode": "ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE"},
    {"sql_mode": ""},
], ids=str)
def test_what_we_read_is_whole_whatever_sessions_begin_with(server, everyone, tmp_path, variables):
    server.sql("CREATE TABLE IF NOT EXISTS teams (name VARCHAR(9) CHARACTER SET utf8mb4);"
               "TRUNCATE teams; INSERT INTO teams VALUES ('é'), ('語'), ('c'), ('d')")
    everyone(**variables)
    page = collect_once(tmp_path, f"""
collectors:
  - type: sql
    dsn: "{server.url()}"
    counts: [{{metric: teams, table: teams, by: [name]}}]
""")
    assert {labels["name"] for labels, _ in page.series("teams")} == {"é", "語", "c", "d"}
