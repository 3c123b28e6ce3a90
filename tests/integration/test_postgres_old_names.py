"""The example for who comes from postgres_exporter 0.11, beside 0.11 itself."""

import re

from support.debian import DEBIAN_12, RELEASE
from support.postgres_peer import PostgresPeer
from support.processes import ROOT

EXAMPLE = ROOT / "configs/examples/postgres_exporter_0.11.yaml"
OLD = re.compile(r"pg_(database_size_bytes|locks_count|stat_bgwriter_.*|stat_database_.*)$")


def series(page):
    """By name and labels, the types too: what a dashboard can ask for."""
    return {(name, page.types[name], labels) for name, found in page.samples.items()
            if OLD.match(name) for labels in found}


if RELEASE == DEBIAN_12:   # Later ones have later versions of the peer.
    def test_every_old_series_is_there_under_its_old_labels(postgres, collect):
        example = EXAMPLE.read_text().replace("${DATABASE_URL}", f'"{postgres.url()}"')
        assert example.count("db:5432") == 2
        ours = series(collect(example.replace("db:5432", f'"127.0.0.1:{postgres.port}"')))
        peer = PostgresPeer(postgres.url(), [])
        try:
            assert peer.is_old
            theirs = series(peer.page())
        finally:
            peer.close()
        assert {name for name, _, _ in theirs} >= {"pg_stat_database_sessions_killed",
                                                   "pg_stat_database_checksum_last_failure",
                                                   "pg_stat_bgwriter_buffers_alloc_total",
                                                   "pg_locks_count"}
        missing = {f"{name} {kind} {dict(labels)}" for name, kind, labels in theirs - ours
                   if ("datid", "0") not in labels}   # Of no database: docs/migrate.md says so.
        assert not missing, "\n".join(sorted(missing))
