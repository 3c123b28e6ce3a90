"""A database with more tables than max_series has room for."""

import re

import pytest

from support.exporter import run
from support.page import Page

TABLES = 700
VITAL = ("pg_settings_", "pg_sessions_", "pg_connections_", "pg_wal_", "pg_stat_database_",
         "pg_database_", "pg_up", "pg_stat_bgwriter_", "pg_locks_")


@pytest.fixture
def crowded(own_postgres):
    own_postgres.sql("DO $$ BEGIN FOR i IN 1..%d LOOP "
                     "EXECUTE format('CREATE TABLE t_%%s (id int)', i); END LOOP; END $$" % TABLES)
    return own_postgres


@pytest.fixture
def collect(tmp_path, crowded):
    """The page, what was said, and the exit code."""
    def collected(lines=""):
        path = tmp_path / "exporter.yaml"
        path.write_text(f'collectors: [{{type: postgres, timeout: 15s, dsn: "{crowded.url()}"'
                        f"{lines}}}]")
        done = run("collect", "--config", path)
        return Page(done.stdout), done.stderr, done.returncode
    return collected


def tables_of(page, family):
    return sorted(labels["relname"] for labels, _ in page.series(family) if "relname" in labels)


def test_the_vital_families_stay_and_all_table_families_keep_the_same_tables(collect):
    whole, said, code = collect(", max_series: 100000")
    assert code == 0, said
    cut, said, code = collect()
    assert code == 1
    assert re.search(r"^postgres: limit: \d+ series, and max_series is 10000: set it to \d+ ",
                     said, re.MULTILINE)
    assert cut.families() == whole.families()
    assert sum(len(series) for name, series in cut.samples.items()
               if not name.startswith(("exporter_", "process_"))) <= 10000
    for family in whole.families():
        if family.startswith(VITAL):
            assert len(cut.series(family)) == len(whole.series(family)), family
    table_families = [family for family in whole.families()
                      if len(tables_of(whole, family)) >= TABLES]
    assert len(table_families) > 20
    kept = {family: tables_of(cut, family) for family in table_families}
    assert len({tuple(tables) for tables in kept.values()}) == 1
    assert 100 < len(next(iter(kept.values()))) < TABLES

