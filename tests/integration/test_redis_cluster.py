"""The redis collector against a real Redis Cluster, whose slots and roles change meanwhile."""

import pytest

from support.redis_cluster import RedisCluster

# In one slot, so that a move takes them all with it; and others all over the cluster.
MOVING = {f"{{tenant}}:{i}": 100 + i for i in range(12)}
SPREAD = {f"counter:{i}": 200 + i for i in range(12)}
VALUES = MOVING | SPREAD


def metric(key):
    return "value_of_" + "".join(c if c.isalnum() else "_" for c in key)


def config(cluster, url=None):
    rows = "\n".join(f'      - {{key: "{key}", metric: {metric(key)}, value: string}}'
                     for key in (*VALUES, "absent"))
    return f"""
global: {{interval: 1s, timeout: 900ms, stale_after: 1m}}
collectors:
  - type: redis
    url: "{url or cluster.url()}"
    cluster: true
    keys:
{rows}
"""


@pytest.fixture
def cluster():
    """For one test, to change as it likes."""
    cluster = RedisCluster()
    cluster.set_all(VALUES)
    yield cluster
    cluster.close()


@pytest.fixture
def patient_cluster():
    """Replaces no node within a test."""
    cluster = RedisCluster(node_timeout=60000)
    cluster.set_all(VALUES)
    yield cluster
    cluster.close()


def shown(page, keys=VALUES):
    """The values of keys; one that has none is left out. A node's name is on none of them."""
    found = {key: page.series(metric(key)) for key in keys}
    assert not any("node" in labels for series in found.values() for labels, _ in series)
    return {key: series[0][1] for key, series in found.items() if series}


def assert_right(page):
    assert shown(page) == VALUES


def assert_never_wrong(page):
    """A key has its value or none."""
    values = shown(page)
    assert values == {key: VALUES[key] for key in values}


def nodes_up(page):
    return {labels["node"]: value for labels, value in page.series("redis_cluster_node_up")}


def await_next_run(exporter, check):
    """Until a run has begun and ended from now on; each page meanwhile passes the check."""
    def runs(page):
        return sum(value for _, value in page.series("exporter_collector_collections_total"))

    before = runs(exporter.page())

    def two_more(page):
        check(page)
        return runs(page) >= before + 2

    exporter.await_page(two_more, 10, "two runs")


def owned_by(cluster, node):
    return [key for key in VALUES if cluster.owner(cluster.slot(key)) is node]


def test_every_node_is_visited_and_every_key_is_read_of_its_owner(collect, cluster):
    page = collect(config(cluster))
    names = {node.name() for node in cluster.nodes}
    assert nodes_up(page) == dict.fromkeys(names, 1)
    for family in ("redis_uptime_in_seconds", "redis_connected_clients", "redis_memory_used_bytes"):
        assert {labels.get("node") for labels, _ in page.series(family)} == names
    for node in cluster.nodes:
        role = "master" if node.is_primary() else "slave"
        assert page.value("redis_instance_info", node=node.name(), role=role) == 1
    assert_right(page)


def test_any_node_may_be_the_seed(collect, cluster):
    for node in cluster.nodes:
        assert_right(collect(config(cluster, cluster.url(node))))


def test_values_are_right_at_each_step_of_a_slots_move(collect, start_exporter, cluster):
    """For an exporter that knows the nodes of before, and for one that has just started."""
    exporter = start_exporter(config(cluster))
    exporter.await_page(lambda page: shown(page) == VALUES, 5, "all is well before the move")

    def check():
        assert_right(collect(config(cluster)))
        await_next_run(exporter, assert_right)

    slot = cluster.slot(next(iter(MOVING)))
    target = next(node for node in cluster.primaries() if node is not cluster.owner(slot))
    move = cluster.move(slot, target)
    move.begin()
    check()
    assert move.some_keys(5) == len(MOVING) - 5
    check()
    assert move.some_keys(100) == 0
    check()
    move.end_at_target()
    check()
    move.end_at_others()
    check()
    move.end()
    check()
    assert cluster.owner(slot) is target


def test_a_key_is_never_shown_as_missing_while_its_primary_is_dead(start_exporter, cluster):
    exporter = start_exporter(config(cluster))
    exporter.await_page(lambda page: shown(page) == VALUES, 5, "all is well before the failure")
    dead = cluster.owner(cluster.slot(next(iter(MOVING))))
    replica = cluster.replica(dead)
    dead.kill()

    def is_noticed(page):
        assert_never_wrong(page)
        return nodes_up(page)[dead.name()] == 0

    exporter.await_page(is_noticed, 10, "the dead node is shown as down")

    def has_taken_over(page):
        assert_never_wrong(page)
        return (shown(page) == VALUES
                and page.has("redis_instance_info", node=replica.name(), role="master"))

    exporter.await_page(has_taken_over, 30, "the replica has taken over, and its keys are read")


def test_a_failover_by_hand_loses_no_value(start_exporter, cluster):
    exporter = start_exporter(config(cluster))
    exporter.await_page(lambda page: shown(page) == VALUES, 5, "all is well before the failover")
    cluster.take_over(cluster.owner(cluster.slot(next(iter(MOVING)))))
    await_next_run(exporter, assert_never_wrong)
    exporter.await_page(lambda page: shown(page) == VALUES, 5, "the new owners are asked")


def test_a_node_that_hangs_costs_the_others_nothing(start_exporter, cluster):
    """A replica hangs, so that the cluster itself goes on."""
    exporter = start_exporter(config(cluster))
    exporter.await_page(lambda page: shown(page) == VALUES, 5, "all is well before the failure")
    hanging = next(node for node in cluster.nodes if not node.is_primary())
    hanging.pause()
    expected = {node.name(): float(node is not hanging) for node in cluster.nodes}
    exporter.await_page(lambda page: nodes_up(page) == expected, 10, "only that one is down")

    def check(page):
        assert nodes_up(page) == expected
        assert_right(page)
        assert page.up("redis") == 1

    await_next_run(exporter, check)
    hanging.resume()
    exporter.await_page(lambda page: set(nodes_up(page).values()) == {1}, 10, "all are up again")


def test_a_primary_that_hangs_costs_its_own_keys_alone(collect, patient_cluster):
    hanging = patient_cluster.owner(patient_cluster.slot(next(iter(MOVING))))
    lost = owned_by(patient_cluster, hanging)
    seed = next(node for node in patient_cluster.primaries() if node is not hanging)
    hanging.pause()
    page = collect(config(patient_cluster, patient_cluster.url(seed)), code=1)
    assert shown(page) == {key: value for key, value in VALUES.items() if key not in lost}
    assert nodes_up(page) == {node.name(): float(node is not hanging)
                              for node in patient_cluster.nodes}
