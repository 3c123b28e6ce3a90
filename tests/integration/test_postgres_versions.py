"""The postgres collector against a real server of each major version, and a replica."""

import os

import pytest

from support import comparison
from support.postgres_config import PARTS, everything, server_of_everything
from support.postgres_versions import MAJORS, Replica, programs
from support.processes import ROOT
from support.servers import POSTGRES_PASSWORD
from support.waiting import eventually

# Goldens: name, type and labels of every family. EXPORTER_WRITE_GOLDENS=1 writes them again.
FOLDER = ROOT / "tests/data/postgres"
SLOW_VACUUM = ("SET vacuum_cost_delay = '100ms'", "SET vacuum_cost_limit = 1")


@pytest.fixture(scope="module", params=MAJORS)
def server(request):
    """(major, a server with a slot, an idle session and a VACUUM that goes on and on)."""
    postgres = server_of_everything(programs(request.param))
    try:
        postgres.sql("SELECT pg_create_physical_replication_slot('kept', true);"
                     "CREATE TABLE dusty AS SELECT n FROM generate_series(1, 200000) AS n;"
                     "DELETE FROM dusty WHERE n % 2 = 0; ALTER TABLE dusty OWNER TO shop")
        with postgres.client("visitor"), postgres.client("vacuum", *SLOW_VACUUM) as client:
            client.send("VACUUM dusty")
            eventually(lambda: postgres.sql("SELECT phase FROM pg_stat_progress_vacuum"
                                            " WHERE relid = 'dusty'::regclass")
                       == [["scanning heap"]], 10, "VACUUM scans")
            yield request.param, postgres
    finally:
        postgres.close()


@pytest.fixture
def page(collect, server):
    return collect(everything(server[1].url()))


def families(page):
    """The lines of a golden."""
    lines = []
    for family, kind in sorted(page.types.items()):
        if family.startswith("pg_"):
            labels = {",".join(sorted(name for name, _ in sample))
                      for name in comparison.names_of(page, family)
                      for sample in page.samples[name]}
            lines.append(f"{family}\t{kind}\t{' '.join(sorted(labels))}")
    return lines


def golden(name, page):
    path = FOLDER / f"families-{name}.tsv"
    if os.environ.get("EXPORTER_WRITE_GOLDENS"):
        path.write_text("\n".join(families(page)) + "\n")
    return path.read_text().splitlines()


def test_all_parts_on_show_exactly_the_families_of_the_version(server, page):
    assert families(page) == golden(server[0], page)


def test_no_part_has_a_problem(page):
    assert {labels["collector"] for labels, value in
            page.series("pg_scrape_collector_success") if value == 1} == set(PARTS)
    assert page.value("pg_exporter_last_scrape_error") == 0


def test_the_writes_of_backends_and_checkpoints_are_counted(server, collect):
    postgres = server[1]
    postgres.sql("CHECKPOINT")   # Up to 16 the checkpointer counts what backends wrote.

    def counted():
        page = collect(everything(postgres.url()))
        backends = page.value("pg_stat_bgwriter_buffers_backend_total")
        return backends > 800 and page.value("pg_stat_bgwriter_checkpoints_req_total") > 0

    eventually(counted, 15, "in 17 they moved to pg_stat_io and pg_stat_checkpointer")


def test_a_running_vacuum_shows_its_table_and_one_phase(page):
    table = {"datname": "shop", "relname": "dusty"}
    phases = {labels["phase"]: value
              for labels, value in page.series("pg_stat_progress_vacuum_phase", **table)}
    assert len(phases) == 7
    assert phases["scanning heap"] == 1 and sum(phases.values()) == 1
    assert page.value("pg_stat_progress_vacuum_heap_blks", **table) > 800


def test_a_table_that_is_locked_exclusively_costs_its_own_sizes_alone(server, collect):
    postgres = server[1]
    with postgres.client("holder", "BEGIN", "LOCK TABLE users IN ACCESS EXCLUSIVE MODE"):
        page = collect(everything(postgres.url()))
    assert page.value("pg_scrape_collector_success", collector="stat_user_tables") == 1
    assert page.has("pg_stat_user_tables_seq_scan", relname="users")
    assert not page.has("pg_stat_user_tables_table_size_bytes", relname="users")
    assert page.has("pg_stat_user_tables_table_size_bytes", relname="tasks")


@pytest.fixture(scope="module")
def primary():
    postgres = server_of_everything()
    with postgres.client("visitor"):
        yield postgres
    postgres.close()


@pytest.fixture(scope="module")
def replica(primary):
    postgres = Replica(primary)
    with postgres.client("visitor"):
        yield postgres
    postgres.close()


def major(server):
    return int(server.sql("SHOW server_version_num", "postgres")[0][0]) // 10000


def test_a_replica_shows_its_families_without_a_problem(replica, collect):
    page = collect(everything(replica.url()))
    assert families(page) == golden(f"{major(replica)}-replica", page)
    assert page.value("pg_replication_is_replica") == 1
    assert page.value("pg_replication_lag_seconds") >= 0
    assert page.value("pg_stat_wal_receiver_received_tli", status="streaming",
                      slot_name=Replica.SLOT) == 1


def test_a_primary_shows_its_replica(replica, primary, collect):
    page = collect(everything(primary.url()))
    assert families(page) == golden(f"{major(primary)}-primary", page)
    assert page.value("pg_stat_replication_pg_wal_lsn_diff", state="streaming",
                      slot_name=Replica.SLOT) >= 0
    assert page.value("pg_replication_slot_slot_is_active", slot_name=Replica.SLOT) == 1
    assert replica.is_running()


def test_without_the_label_server_the_older_families_are_as_in_the_head(collect, primary):
    page = collect(everything(primary.url(), server_label="false"))
    for family in ("pg_stat_activity_count", "pg_stat_archiver_archived_count"):
        assert not [labels for labels, _ in page.series(family) if "server" in labels]
    server = f"127.0.0.1:{primary.port}"
    assert page.has("pg_stat_database_conflicts_confl_lock", server=server, datname="shop")


def test_a_part_that_fails_costs_itself(collect, primary):
    primary.sql("DROP ROLE IF EXISTS blind;"
                f"CREATE ROLE blind LOGIN PASSWORD '{POSTGRES_PASSWORD}'")
    page = collect(everything(primary.url(user="blind")), code=1)
    assert page.value("pg_scrape_collector_success", collector="wal") == 0
    assert not page.has("pg_wal_segments")
    assert page.value("pg_scrape_collector_success", collector="roles") == 1
    assert page.has("pg_roles_connection_limit", rolname="blind")


def test_a_part_that_is_off_is_not_asked(collect, postgres):
    page = collect(f'collectors: [{{type: postgres, dsn: "{postgres.url()}",'
                   " parts: {roles: false, wal: false}}]")
    assert not page.has("pg_roles_connection_limit") and not page.has("pg_wal_segments")
    assert page.has("pg_locks_count")
    names = {labels["collector"] for labels, _ in page.series("pg_scrape_collector_success")}
    assert "roles" not in names and "locks" in names
