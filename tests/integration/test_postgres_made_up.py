"""What PostgreSQL's own views and functions make up: none of it is on the page."""

import concurrent.futures
import contextlib
import math
import shutil
import signal

import pytest

from support.postgres_versions import Replica, programs
from support.servers import Postgres
from support.waiting import eventually


class ColdReplica(Postgres):
    """A replica of any version, of files that were copied while the primary stood still."""

    def __init__(self, primary, version):
        self.primary = primary
        super().__init__([*primary.settings, "max_standby_streaming_delay=0"], version)

    def _make_cluster(self, _):
        self.primary.sql("SELECT pg_create_physical_replication_slot('cold', true); CHECKPOINT",
                         "postgres")
        self.primary.stop(signal.SIGINT)
        shutil.copytree(self.primary.cluster, self.cluster,
                        ignore=shutil.ignore_patterns("postmaster.pid", "cold"))
        (self.cluster / "standby.signal").touch()
        with (self.cluster / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"primary_conninfo = 'host={self.primary.folder}"
                           f" port={self.primary.port} user=postgres'\n"
                           "primary_slot_name = 'cold'\n")
        for path in [self.cluster, *self.cluster.rglob("*")]:
            if self.user:
                shutil.chown(path, self.user)
        self.cluster.chmod(0o700)
        self.primary.start()

    def _fill(self):
        pass


@pytest.fixture
def started():
    with contextlib.ExitStack() as opened:
        def start(server):
            opened.callback(server.close)
            return server
        yield start


@pytest.fixture
def page_of(collect):
    def page(server, options=""):
        return collect(f'collectors: [{{type: postgres, dsn: "{server.url()}{options}",'
                       " parts: {long_running_transactions: true}}]")
    return page


def lag_of(page):
    return [value for _, value in page.series("pg_replication_lag_seconds")]


def test_a_replica_that_lost_its_primary_has_a_lag(started, page_of):
    primary = started(Postgres())
    replica = started(Replica(primary))
    assert lag_of(page_of(replica)) == [0]
    primary.stop(signal.SIGINT)   # It sends all that there is before.
    eventually(lambda: replica.sql("SELECT count(*) FROM pg_stat_wal_receiver") == [["0"]], 20,
               "the replica hears nothing")
    assert replica.sql("SELECT pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()") == [["t"]]
    page = page_of(replica)
    assert lag_of(page)[0] > 0
    assert lag_of(page)[0] <= page.value("pg_replication_last_replay_seconds")


def test_a_slot_of_a_replica_without_a_primary_keeps_no_less_than_nothing(started, page_of):
    primary = started(Postgres())
    replica = started(Replica(primary))
    primary.sql("SELECT pg_switch_wal(); CREATE TABLE later (n int)")
    replica.await_replay()
    replica.sql("SELECT pg_create_physical_replication_slot('next', true)", "postgres")
    replica.stop(signal.SIGINT)
    primary.stop(signal.SIGINT)
    replica.start()   # It has received nothing, and replayed what it had.
    page = page_of(replica)
    replayed = replica.sql("SELECT pg_last_wal_replay_lsn() - '0/0',"
                           " pg_last_wal_replay_lsn() - restart_lsn FROM pg_replication_slots")
    assert (page.value("pg_replication_slot_slot_current_wal_lsn", slot_name="next")
            == float(replayed[0][0]))
    assert (page.value("pg_replication_slots_pg_wal_lsn_diff", slot_name="next")
            == float(replayed[0][1]) >= 0)


@pytest.mark.parametrize("major", [13, 15, 18])
def test_a_slot_that_reserves_nothing_has_no_sizes(started, page_of, major):
    server = started(Postgres(["max_slot_wal_keep_size=16MB"], programs(major)))
    server.sql("SELECT pg_create_physical_replication_slot('empty');"
               "SELECT pg_create_physical_replication_slot('kept', true)")
    truth = server.sql("SELECT slot_name, safe_wal_size FROM pg_replication_slots ORDER BY 1")
    assert truth[0][1], "PostgreSQL makes none up any more"
    page = page_of(server)
    safe = {labels["slot_name"]: value for labels, value in
            page.series("pg_replication_slot_safe_wal_size_bytes")}
    assert safe == {"kept": float(truth[1][1])}
    assert math.isnan(page.value("pg_replication_slots_pg_wal_lsn_diff", slot_name="empty"))


def test_a_physical_slot_has_no_confirmed_position(started, page_of):
    primary = started(Postgres())
    started(Replica(primary))
    page = page_of(primary)
    assert page.value("pg_replication_slot_slot_is_active", slot_name=Replica.SLOT) == 1
    assert not page.has("pg_replication_slot_slot_confirmed_flush_lsn")


@pytest.mark.parametrize("major", [16, 18])
def test_a_slot_that_is_lost_keeps_nothing(started, page_of, major):
    primary = started(Postgres(["wal_level=logical"], programs(major)))
    replica = started(ColdReplica(primary, programs(major)))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        made = pool.submit(replica.sql,
                           "SELECT pg_create_logical_replication_slot('decoded', 'test_decoding')")
        # It waits for word of the transactions that run on the primary.
        eventually(lambda: primary.sql("SELECT pg_log_standby_snapshot()") and made.done(), 30,
                   "the slot is made")
        made.result()
    primary.sql("VACUUM FULL pg_class")   # What a decoder may still need goes.

    def slot():
        primary.sql("CREATE TABLE IF NOT EXISTS later (n int); DROP TABLE later")
        return replica.sql("SELECT wal_status, restart_lsn IS NOT NULL FROM pg_replication_slots")

    eventually(lambda: slot() == [["lost", "t"]], 30, "the slot is lost and has its position")
    page = page_of(replica)
    assert page.value("pg_replication_slot_wal_status", wal_status="lost") == 1
    assert math.isnan(page.value("pg_replication_slots_pg_wal_lsn_diff", slot_name="decoded"))


@pytest.mark.parametrize("major", [13, 14, 15])
def test_a_table_of_two_toast_indexes_is_one_table(started, page_of, major):
    server = started(Postgres(programs=programs(major)))
    server.sql("CREATE TABLE notes (id int PRIMARY KEY, note text);"
               "ALTER TABLE notes ALTER note SET STORAGE EXTERNAL;"
               "INSERT INTO notes SELECT n, repeat('x', 5000) FROM generate_series(1, 50) AS n;"
               "ALTER TABLE notes OWNER TO shop")
    with server.client("writer", "BEGIN", "INSERT INTO notes VALUES (51, repeat('y', 5000))"):
        with pytest.raises(AssertionError, match="statement timeout"):
            server.sql("SET statement_timeout = '2s'; REINDEX TABLE CONCURRENTLY notes")
    indexes = ("SELECT count(*), sum(pg_stat_get_blocks_hit(indexrelid)) FROM pg_index"
               " WHERE indrelid = (SELECT reltoastrelid FROM pg_class WHERE relname = 'notes')")
    assert server.sql(indexes)[0][0] == "2"
    server.sql("SELECT sum(length(note)) FROM notes")
    hits = ("SELECT max(heap_blks_hit), max(idx_blks_hit), max(toast_blks_hit),"
            " sum(tidx_blks_hit) FROM pg_statio_user_tables WHERE relname = 'notes'")

    def agrees():
        """Statistics come when a session ends, or later."""
        page = page_of(server)   # The part has no problem.
        shown = [page.value(f"pg_statio_user_tables_{part}_blocks_hit", relname="notes")
                 for part in ("heap", "idx", "toast", "tidx")]
        read = server.sql(indexes)[0][1]
        return shown == list(map(float, server.sql(hits)[0])) and shown[-1] == float(read) > 50

    eventually(agrees, 20, "all that was hit is shown")


def test_what_the_exporters_role_has_of_its_own_is_not_the_servers(started, page_of):
    server = started(Postgres(["work_mem=5MB", "random_page_cost=3"]))
    before = page_of(server)
    assert before.value("pg_settings_work_mem_bytes") == 5 << 20
    server.sql("ALTER ROLE exporter SET work_mem = '77MB';"
               "ALTER ROLE exporter IN DATABASE shop SET statement_timeout = '50s';"
               "ALTER ROLE exporter SET default_transaction_read_only = on;"
               "ALTER ROLE exporter IN DATABASE postgres SET seq_page_cost = 9;"
               "ALTER ROLE shop SET random_page_cost = 9")
    page = page_of(server)
    assert before.families() - page.families() == {
        "pg_settings_work_mem_bytes", "pg_settings_statement_timeout_seconds",
        "pg_settings_default_transaction_read_only", "pg_settings_transaction_read_only"}
    assert page.value("pg_settings_random_page_cost") == 3
    assert page.value("pg_settings_seq_page_cost") == 1


def test_what_each_session_of_the_database_begins_with_is_not_the_servers(started, page_of):
    server = started(Postgres(["work_mem=5MB"]))
    before = page_of(server)
    server.sql("ALTER DATABASE shop SET work_mem = '77MB'; ALTER ROLE ALL SET cpu_tuple_cost = 9;"
               "ALTER ROLE ALL IN DATABASE shop SET statement_timeout = '50s';"
               "ALTER DATABASE postgres SET seq_page_cost = 9;"
               "ALTER ROLE ALL IN DATABASE postgres SET random_page_cost = 9")
    page = page_of(server)
    hidden = {"pg_settings_work_mem_bytes", "pg_settings_cpu_tuple_cost",
              "pg_settings_statement_timeout_seconds"}
    assert before.families() - page.families() == hidden
    assert page.value("pg_settings_seq_page_cost") == 1
    asked_for = page_of(server, "?options=-c%20geqo_threshold%3D99")
    assert page.families() - asked_for.families() == {"pg_settings_geqo_threshold"}


def test_a_database_that_is_half_dropped_has_no_limit_of_connections(started, page_of):
    server = started(Postgres())
    server.sql("CREATE DATABASE half; UPDATE pg_database SET datconnlimit = -2"
               " WHERE datname = 'half'")
    limits = {labels["datname"] for labels, _ in
              page_of(server).series("pg_database_connection_limit")}
    assert "shop" in limits and "half" not in limits


def test_a_transaction_with_parallel_workers_is_one(started, page_of):
    server = started(Postgres())
    with server.client("reader", "SET force_parallel_mode = on") as reader:
        reader.send("SELECT pg_sleep(60)")
        eventually(lambda: server.sql("SELECT count(*) FROM pg_stat_activity WHERE leader_pid > 0")
                   == [["1"]], 10, "a worker runs")
        assert page_of(server).value("pg_long_running_transactions") == 1
