"""Our page beside redis_exporter's, of the same server at the same quiet moment."""

import pytest

from support import comparison, reference
from support.page import Page
from support.peer import PeerExporter
from support.redis_config import ADDITIONS, SINGLE_KEYS, everything, has_everything
from support.redis_servers import BusyRedis

PEER = {
    "check_keys": "db0=metrics:tenant:*,db0=session:*",
    "check_single_keys": ",".join(f"db0={key}" for key in SINGLE_KEYS),
    "check_streams": "db0=ev*",
    "check_single_streams": "db0=idle",
    "check_key_groups": "^(metrics):,^(session):",
    "count_keys": "db0=metrics:*",
    "include_config_metrics": "true",
    "include_modules_metrics": "true",
    "export_client_list": "true",
}

# Valkey's name for masterauth, which the peer shows.
SECRET = "redis_config_key_value{'key': 'primaryauth'"


@pytest.fixture(scope="module")
def busy():
    servers = BusyRedis()
    yield servers
    servers.close()


def page_after_now(exporter):
    """A page of a collection that has not begun yet."""
    begun = exporter.page().successes("redis") + 1
    exporter.await_page(lambda page: page.successes("redis") > begun, 10, "another collection")
    return exporter.page()


@pytest.fixture(scope="module", params=["primary", "replica"])
def pages(request, busy, module_exporter):
    """(ours, the peer's before, the peer's after, whether the peer is old, its version)."""
    server = getattr(busy, request.param)
    exporter = module_exporter(everything(server.url()))
    exporter.await_page(has_everything, 15, "keys, streams and groups are found")
    peer = PeerExporter(server.port, **PEER)
    try:
        peer.page()   # From now on each has asked all that it asks.
        before = peer.page()
        ours = page_after_now(exporter)
        return ours, before, peer.page(), bool(peer.left_out), peer.version
    finally:
        peer.close()


def test_every_series_of_the_peer_is_ours_with_the_same_value(pages):
    exempt = comparison.exemptions("redis/peer_differences.txt", version=pages[4])
    found = comparison.differences(*pages[:3], exempt, peer_is_old=pages[3])
    found = [line for line in found if not line.startswith(SECRET)]
    assert not found, "\n".join(found)


def test_the_peer_shows_what_the_test_means_to_compare(pages):
    peer = pages[2]
    assert {"gauge", "counter", "summary"} <= set(peer.types.values())
    assert len(peer.types) > 140
    for family in ("redis_key_size", "redis_stream_group_consumers", "redis_key_group_count",
                   "redis_keys_count", "redis_config_value", "redis_slowlog_length"):
        assert peer.has(family), family


def test_every_family_has_the_type_and_labels_of_the_reference(pages):
    assert reference.differences(pages[0], "redis_", reference.families("redis"),
                                 ADDITIONS) == {}


def test_every_family_of_the_reference_is_on_the_page_of_the_primary_or_the_replica(
        busy, module_exporter):
    found = set()
    for server in (busy.primary, busy.replica):
        exporter = module_exporter(everything(server.url()))
        exporter.await_page(has_everything, 15, "keys, streams and groups are found")
        found |= exporter.page().families()
    exempt = comparison.exemptions("redis/peer_differences.txt")
    absent = {family for family, exemption in exempt.items() if exemption.kind == "absent"}
    assert reference.families("redis").keys() - found == absent


@pytest.mark.parametrize("text, change, found", [
    ("# TYPE a gauge\na 1\n", ("a 1", "a 2"), "a{} is 2.0, not 1.0"),
    ("# TYPE a gauge\na 1\n", ("gauge", "counter"), "a is counter, not gauge"),
    ("# TYPE a gauge\na{b=\"c\"} 1\n", ("c", "d"), "a{'b': 'c'} is missing"),
    ("# TYPE a gauge\na{b=\"c\"} 1\n", ("{b=", "{x="), "a{'b': 'c'} is missing"),
    ("# TYPE a summary\na_sum 1\na_count 1\n", ("_sum 1", "_sum 3"), "a_sum{} is 3.0, not 1.0"),
])
def test_the_comparison_finds(text, change, found):
    peer = Page(text)
    assert found in comparison.differences(Page(text.replace(*change)), peer, peer, {}, False)


@pytest.mark.parametrize("version, kind", [
    ("1.45.0", "between"), ("1.6.9", "between"), ("1.69.0", "mended"), ("1.86.0", "between")])
def test_what_a_later_version_mended_is_passed_over_in_that_version_alone(version, kind):
    exempt = comparison.exemptions("redis/peer_differences.txt", version)
    assert exempt["redis_commands_latencies_usec"].kind == kind


def test_every_line_of_the_list_of_differences_is_of_a_family_that_we_show():
    kinds = comparison.exemptions("redis/peer_differences.txt")
    known = reference.families("redis").keys() | {"redis_connected_clients_details"}
    assert not kinds.keys() - known
