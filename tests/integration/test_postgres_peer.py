"""Our page beside postgres_exporter's, of the same server at the same quiet moment.

EXPORTER_PEER_POSTGRES names another version than Debian's.
"""

import collections
import re

import pytest

from support import comparison, reference
from support.page import Page
from support.postgres_config import everything, server_of_everything
from support.postgres_peer import PostgresPeer
from support.postgres_versions import Replica

# Ours between two of the peer's, as far as they can be compared, and ours as it is.
Pages = collections.namedtuple("Pages", "ours before after is_old version whole")
EXEMPT = "postgres/peer_differences.txt"
# Their statements are those of the exporters and of the test: they never rest.
BUSY = ("exporter", "postgres")
# Statements that touch no table, so that its statistics rest.
VISIT = ("SELECT sum(n) FROM generate_series(1, 10000) AS n",
         "SELECT max(n) FROM generate_series(1, 10000) AS n", "BEGIN", "SELECT 1")


@pytest.fixture(scope="module")
def servers():
    """A primary with statistics of statements, slots and tables in use, and its replica."""
    primary = server_of_everything()
    primary.sql("SELECT pg_create_physical_replication_slot('kept', true);"
                "DELETE FROM tasks WHERE id % 7 = 0; ANALYZE")
    replica = Replica(primary)
    yield {"primary": primary, "replica": replica}
    replica.close()
    primary.close()


def page_after_now(exporter):
    """A page of a collection that has not begun yet."""
    begun = exporter.page().successes("postgres") + 1
    exporter.await_page(lambda page: page.successes("postgres") > begun, 10, "another collection")
    return exporter.page()


def as_old(page):
    """What 0.11.1 and we have in common: it has the label server everywhere, a row for what
    belongs to no database, and counts sessions by fewer labels."""
    lines = [re.sub(r'server="[^"]*",?', "", line) for line in page.text.splitlines()
             if 'datid="0"' not in line and "pg_stat_activity_" not in line]
    return Page("".join(line.replace("{}", "") + "\n" for line in lines))


@pytest.fixture(scope="module", params=["primary", "replica"])
def pages(request, servers, module_exporter):
    server = servers[request.param]
    # All parts in each run, for a comparison of the same moment.
    exporter = module_exporter(everything(
        server.url(), interval="1s", timeout="1s", max_db_time="100%",
        stat_statements=f"{{exclude_users: [{', '.join(BUSY)}]}}"))
    peer = PostgresPeer(server.url(), BUSY)
    with server.client("visitor", *VISIT):
        try:
            peer.page()   # From now on it has asked all that it asks.
            before = peer.page()
            whole = page_after_now(exporter)
            three = (whole, before, peer.page())
            yield Pages(*(map(as_old, three) if peer.is_old else three), peer.is_old,
                        peer.version, whole)
        finally:
            peer.close()


def test_every_series_of_the_peer_is_ours_with_the_same_value(pages):
    exempt = comparison.exemptions(EXEMPT, pages.version)
    found = comparison.differences(pages.ours, pages.before, pages.after, exempt, pages.is_old)
    assert not found, "\n".join(found)


def test_the_peer_shows_what_the_test_means_to_compare(pages):
    assert len(pages.after.types) > (250 if pages.is_old else 350)
    for family in ("pg_locks_count", "pg_settings_work_mem_bytes", "pg_database_size_bytes",
                   "pg_stat_archiver_last_archive_age", "pg_stat_database_xact_commit"):
        assert pages.after.has(family), family
    if not pages.is_old:
        assert len(pages.after.series("pg_stat_statements_calls_total", user="shop")) >= 2


def test_the_visitor_is_seen_by_both(pages):
    if pages.is_old:
        return   # It has no label that tells who.
    ours, peer = pages.ours, pages.after
    visitor = {"application_name": "visitor", "state": "idle in transaction"}
    assert ours.value("pg_stat_activity_count", **visitor) == 1
    assert peer.value("pg_stat_activity_count", **visitor) == 1
    age = ours.value("pg_stat_activity_max_tx_duration", **visitor)
    assert 0 <= age <= peer.value("pg_stat_activity_max_tx_duration", **visitor)


def test_each_collector_of_the_peer_succeeds_here_too(pages):
    assert not (_successes(pages.after) - {"bgwriter"}) - _successes(pages.ours)


def _successes(page):
    """The collectors that succeeded; 0.11.1 has a bgwriter, which is stat_bgwriter since."""
    return {labels["collector"] for labels, value in
            page.series("pg_scrape_collector_success") if value == 1}


def test_every_family_of_the_reference_is_ours_if_the_server_has_it(servers, pages):
    settings = tuple(f"pg_settings_{name.replace('.', '_')}" for name, in
                     servers["primary"].sql("SELECT name FROM pg_settings"))
    absent = {family for family in reference.families("postgres")
              if family not in pages.whole.types
              and (not family.startswith("pg_settings_") or family.startswith(settings))}
    assert absent == set()


def test_every_line_of_the_list_of_differences_is_of_a_family_of_the_peer():
    known = reference.families("postgres").keys()
    of_replicas = ("pg_stat_replication_", "pg_stat_wal_receiver_")
    strange = {family for family, exemption in comparison.exemptions(EXEMPT).items()
               if exemption.kind != "older" and not family.startswith(of_replicas)} - known
    assert strange == set()
