"""Migrations beside us, on a real PostgreSQL: none fails, and none waits for us for long."""

import re
import statistics
import time

import pytest

from support.servers import Postgres
from support.waiting import eventually

ROUNDS = 25
# Of the collectors, a second; a tenth of it is our lock_timeout.
INTERVAL = 1.0
LOCK_TIMEOUT = INTERVAL / 10
# What a statement of ours may take on a busy machine: each takes milliseconds.
SLACK = 2.0

# A round of migrations: of the tables that are counted, and of a watched database as a whole.
MIGRATIONS = [
    ("shop", "ALTER TABLE tasks ADD COLUMN note text"),
    ("shop", "ALTER TABLE tasks DROP COLUMN note"),
    ("shop", "VACUUM FULL tasks"),
    ("shop", "CREATE INDEX ON users (created_at); ALTER TABLE users ALTER id SET STATISTICS 200"),
    ("postgres", "CREATE DATABASE copy TEMPLATE branch"),
    ("postgres", "DROP DATABASE copy"),
    ("postgres", "ALTER DATABASE branch RENAME TO twig"),
    ("postgres", "ALTER DATABASE twig RENAME TO branch"),
]

CONFIG = """
global: {{interval: 1s}}
collectors:
  - type: postgres
    dsn: "{shop}"
    databases: {{interval: 1s}}
    max_db_time: 100%
  - type: sql
    dsn: "{shop}"
    max_db_time: 100%
    counts:
      - {{metric: tasks, table: tasks, by: [status]}}
      - {{metric: users, table: users}}
  - type: db_pool
    dsn: "{shop}"
    pools: [{{name: web, application_name: web}}]
  - type: sql
    name: branch
    dsn: "{branch}"
    keep_connected: false
    queries: [{{sql: SELECT count(*) AS v FROM pg_class, metrics: [{{name: relations, value: v}}]}}]
  - type: postgres
    name: branch_health
    dsn: "{branch}"
    keep_connected: false
    metric_relabel_configs: [{{source_labels: [__name__], regex: pg_.*, action: drop}}]
  - type: db_pool
    name: branch_pool
    dsn: "{branch}"
    keep_connected: false
    pools: [{{name: branch, application_name: branch}}]
"""
COLLECTORS = ("postgres", "sql", "db_pool", "branch", "branch_health", "branch_pool")

def config(server):
    return CONFIG.format(shop=server.url(), branch=server.url(database="branch"))


@pytest.fixture
def server():
    # The server itself tells who waits for a lock, for whom and how long.
    own = Postgres(["log_lock_waits=on", "deadlock_timeout=10ms", "log_connections=on",
                    "log_line_prefix=[%p] "])
    own.sql("CREATE DATABASE branch", "postgres")
    yield own
    own.close()


# Of the log's lines, each after the session's process: who we are, who waits, and who did.
OURS = re.compile(r"\[(\d+)\] LOG:  connection authorized: .*application_name=exporter/")
WAITS = re.compile(r"\[(\d+)\] DETAIL:  Process(?:es)? holding the lock: ([\d, ]+)\.")
WAITED = re.compile(r"\[(\d+)\] LOG:  process \d+ acquired \w+ on .* after ([\d.]+) ms")


def waits_for_us(log):
    """In seconds, each wait of another session for a lock that one of ours held, if above 10 ms."""
    ours = set(OURS.findall(log))
    waits = []
    waits_for = {}   # By the session that waits: those that held the lock when it was told.
    for line in log.splitlines():
        if told := WAITS.match(line):
            waits_for[told[1]] = set(told[2].split(", "))
        elif got := WAITED.match(line):
            if got[1] not in ours and waits_for.pop(got[1], set()) & ours:
                waits.append(float(got[2]) / 1000)
    return waits


def migrate(server, rounds=ROUNDS):
    """All migrations, one after another; how long each took."""
    took = {text: [] for _, text in MIGRATIONS}
    for _ in range(rounds):
        for database, text in MIGRATIONS:
            began = time.monotonic()
            server.sql(text, database)   # Its failure is the test's.
            took[text].append(time.monotonic() - began)
    return took


def table_of(alone, beside):
    return "\n".join(
        f"{text[:44]:44} alone {statistics.median(alone[text]):6.3f} {max(alone[text]):6.3f}"
        f"  beside us {statistics.median(beside[text]):6.3f} {max(beside[text]):6.3f}"
        for _, text in MIGRATIONS)


def test_two_hundred_migrations_pass_beside_us(server, start_exporter):
    alone = migrate(server, rounds=5)
    exporter = start_exporter(config(server))
    exporter.await_page(lambda page: all(page.successes(name) for name in COLLECTORS), 30,
                        "all collect")
    before = {name: exporter.page().successes(name) for name in COLLECTORS}
    beside = migrate(server)
    waits = waits_for_us(server.log())
    assert sum(len(times) for times in beside.values()) == 200
    print(table_of(alone, beside))
    print(f"waited for us: {len(waits)} of 200, the longest {max(waits, default=0):.3f} s")
    assert max(waits, default=0) <= LOCK_TIMEOUT + SLACK
    for name in COLLECTORS:
        exporter.await_page(lambda page, name=name: page.successes(name) > before[name] + 2, 30,
                            f"{name} has collected meanwhile")


def test_the_servers_log_tells_who_waits_for_us(server, start_exporter):
    """Which the other test relies on: a migration does wait for a statement that runs."""
    start_exporter(f"""
global: {{interval: 5s}}
collectors:
  - type: sql
    dsn: "{server.url()}"
    queries:
      - sql: SELECT count(*) AS v, pg_sleep(1) FROM (SELECT FROM tasks LIMIT 1) AS one
        metrics: [{{name: slow, value: v}}]
""", ready=False)
    eventually(lambda: server.sql("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1)%'"
                                  " AND state = 'active' AND application_name = 'exporter/sql'"),
               20, "our statement runs")
    server.sql("ALTER TABLE tasks ADD COLUMN note text")
    wait, = waits_for_us(server.log())
    assert 0.01 <= wait <= 1 + SLACK


def test_a_session_that_is_kept_keeps_its_database_from_being_copied_and_dropped(server,
                                                                                 start_exporter):
    """Which the other test would not see if every run ended its session anyhow."""
    exporter = start_exporter(config(server).replace("keep_connected: false",
                                                     "keep_connected: true"))
    exporter.await_page(lambda page: page.successes("branch"), 30, "it collects")
    with pytest.raises(AssertionError, match="is being accessed by other users"):
        server.sql("CREATE DATABASE copy TEMPLATE branch", "postgres")
    with pytest.raises(AssertionError, match="is being accessed by other users"):
        server.sql("DROP DATABASE branch", "postgres")


def test_a_run_that_fails_half_way_leaves_no_session(server, start_exporter):
    exporter = start_exporter(f"""
global: {{interval: 1s}}
collectors:
  - type: sql
    name: endless
    dsn: "{server.url(database="branch")}"
    keep_connected: false
    queries: [{{sql: "SELECT 1 AS v, pg_sleep(600)", metrics: [{{name: endless, value: v}}]}}]
""")
    exporter.await_page(lambda page: page.errors("endless", "timeout") >= 2, 30, "two runs failed")
    for _ in range(3):
        server.sql("CREATE DATABASE copy TEMPLATE branch", "postgres")
        server.sql("DROP DATABASE copy", "postgres")
