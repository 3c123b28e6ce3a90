"""scripts/quickstart as a new user meets it, and the truth of what it shows."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import pytest

from support.exporter import BINARY
from support.page import Page
from support.processes import ROOT, children, program
from support.waiting import eventually

ALLOWED = pathlib.Path(__file__).with_name("promtool_allowed.txt")

# One family at least of each collector.
FAMILIES = {
    "redis": {"redis_up", "redis_connected_clients", "redis_memory_used_bytes", "redis_db_keys"},
    "postgres": {"pg_up", "pg_stat_database_xact_commit", "pg_stat_activity_count",
                 "pg_locks_count", "pg_database_size_bytes"},
    "db_pool": {"db_pool_size", "db_pool_checked_out", "db_pool_idle"},
    "sql": {"users_total", "api_keys_active", "tasks_by_status", "tasks_overdue",
            "tenant_tokens_today"},
    "queue": {"queue_depth", "queue_consumers"},
}


@pytest.fixture
def folder():
    """A temporary folder that the servers' user may pass through."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="exporter-test."))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def quickstart(folder):
    """Starts scripts/quickstart, its temporary files in `folder`; ends it if the test does not."""
    started = []

    def start(*arguments, binary=BINARY):
        started.append(subprocess.Popen(
            [ROOT / "scripts/quickstart", *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=(folder / "progress").open("w"), text=True,
            env={**os.environ, "TMPDIR": str(folder), "QUICKSTART_EXPORTER": str(binary)}))
        return started[-1]

    yield start
    for child in started:
        child.terminate()
        child.wait(30)
        child.stdout.close()


def leftovers(folder):
    return list(folder.glob("exporter-demo.*"))


def test_once_prints_a_valid_page_with_the_families_of_every_collector(quickstart, folder):
    child = quickstart("--once")
    text, _ = child.communicate(timeout=120)
    assert child.returncode == 0, (folder / "progress").read_text()
    families = Page(text).families()
    for collector, expected in FAMILIES.items():
        assert expected <= families, f"{collector} lacks {expected - families}"
    assert not leftovers(folder)

    check = subprocess.run([program("promtool"), "check", "metrics"], input=text, text=True,
                           capture_output=True, timeout=30)
    complaints = set((check.stdout + check.stderr).splitlines())
    # 3 is promtool's "valid, and I would write it otherwise".
    assert check.returncode in (0, 3), complaints
    assert complaints <= set(ALLOWED.read_text().splitlines())


def test_ctrl_c_ends_every_part_and_removes_the_folder(quickstart, folder):
    child = quickstart()
    progress = folder / "progress"
    eventually(lambda: "Ctrl-C ends the demo" in progress.read_text(), 60, progress.read_text())
    parts = children(child.pid)
    assert len(parts) >= 4, "PostgreSQL, Redis, traffic and the exporter"
    assert re.search(r"http://127\.0\.0\.1:\d+/metrics", progress.read_text())
    child.send_signal(signal.SIGINT)
    assert child.wait(20) == 130
    assert not leftovers(folder)
    assert not [pid for pid in parts if pathlib.Path(f"/proc/{pid}").exists()]


def test_a_step_that_fails_ends_the_rest_and_says_why(quickstart, folder):
    child = quickstart("--once", binary="/bin/false")
    text, _ = child.communicate(timeout=60)
    assert child.returncode == 1
    assert text == ""
    assert "exporter does not start" in (folder / "progress").read_text()
    assert not leftovers(folder)


def test_an_unknown_argument_starts_nothing(quickstart, folder):
    child = quickstart("--twice")
    assert child.wait(20) == 1
    assert "unknown argument '--twice'" in (folder / "progress").read_text()
    assert not leftovers(folder)


# What a metric must say, and the SQL that says the same.
SQL_TRUTH = [
    ("users_total", (), "SELECT count(*) FROM users"),
    ("api_keys_active", (),
     "SELECT count(*) FROM api_keys"
     " WHERE is_active AND (expires_at IS NULL OR expires_at > now())"),
    ("sessions_active", (), "SELECT count(*) FROM sessions WHERE expires_at > now()"),
    ("tasks_by_status", ("organization_id", "status"),
     "SELECT organization_id, status, count(*) FROM tasks GROUP BY 1, 2"),
    ("tasks_overdue", ("organization_id", "priority"),
     "SELECT organization_id, priority, count(*) FROM tasks"
     " WHERE due_at < now() AND status <> 'COMPLETED' GROUP BY 1, 2"),
    ("tenant_tokens_today", ("tenant_id",),
     "SELECT tenant_id, total_tokens FROM daily_usage_metrics WHERE day = current_date"),
    ("tenant_task_duration_seconds", ("tenant_id",),
     "SELECT tenant_id, avg_duration_ms / 1000 FROM daily_usage_metrics"
     " WHERE day = current_date AND avg_duration_ms IS NOT NULL"),
    ("db_pool_size", ("pool",), "SELECT 'web', 20"),
]


@pytest.mark.parametrize("name, labels, sql", SQL_TRUTH, ids=[row[0] for row in SQL_TRUTH])
def test_values_agree_with_sql(shop, postgres, name, labels, sql):
    def agrees(page):
        expected = {tuple(row[:-1]): float(row[-1]) for row in postgres.sql(sql)}
        shown = {tuple(have[label] for label in labels): value
                 for have, value in page.series(name, service="shop")}
        assert shown == pytest.approx(expected), f"{name}: page {shown}, SQL {expected}"
        return True

    # A count that depends on the clock may change between SQL and scrape.
    shop.await_page(agrees, 12, f"{name} as SQL says")


# The queues and states that redis.lua leaves, and the command that says the same.
REDIS_TRUTH = [
    ("emails", "waiting", ("LLEN", "queue:emails"), 12),
    ("reminders", "waiting", ("EVAL", "return redis.call('ZCOUNT', KEYS[1], '-inf',"
                              " redis.call('TIME')[1])", "1", "delayed"), 5),
    ("reminders", "scheduled", ("EVAL", "return redis.call('ZCOUNT', KEYS[1], '(' .."
                                " redis.call('TIME')[1], '+inf')", "1", "delayed"), 20),
]


@pytest.mark.parametrize("queue, state, command, expected", REDIS_TRUTH)
def test_queues_agree_with_redis_cli(shop, redis, queue, state, command, expected):
    assert float(redis.command(*command)) == expected
    assert shop.page().value("queue_depth", queue=queue, state=state) == expected


def test_a_stream_shows_its_lag_its_pending_entries_and_its_consumers(shop, redis):
    words = redis.command("XINFO", "GROUPS", "events").split()
    group = dict(zip(words[::2], words[1::2]))
    page = shop.page()
    assert page.value("queue_depth", queue="events", state="waiting") == float(group["lag"]) == 20
    assert page.value("queue_depth", queue="events", state="active") == float(group["pending"]) == 6
    assert page.value("queue_consumers", queue="events") == float(group["consumers"]) == 2


def test_the_pool_shows_what_the_application_holds(shop, postgres):
    with postgres.client("shop-web", "BEGIN", "SELECT 1"), postgres.client("shop-web"):
        shop.await_page(lambda page: page.value("db_pool_idle", pool="web") == 1
                        and page.value("db_pool_idle_in_transaction", pool="web") == 1
                        and page.value("db_pool_checked_out", pool="web") == 1,
                        10, "one idle connection and one idle in transaction")


def test_memory_of_the_quickstart_exporter_is_small(shop):
    for _ in range(20):
        shop.page()
    assert shop.memory("RssAnon") <= 8 * 1024
    assert shop.memory("VmRSS") <= 24 * 1024
