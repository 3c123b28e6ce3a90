"""Our page beside celery-exporter's: its names, types and labels, and where values differ.

celery-exporter is in no package registry. So its families are those that were measured, and where
its numbers are wrong it is shown by asking the broker as it does. Where EXPORTER_PEER_CELERY names
a command that runs it, its page itself is compared, too.
"""

import collections

import pytest

from support import celery_page as shown
from support import celery_peer, comparison, reference
from support.celery_app import NEWEST, CeleryApp
from support.redis_servers import RedisServer

DIFFERENCES = "celery/peer_differences.txt"
# Of ours.
ADDITIONS = ("celery_up", "celery_unacked_", "celery_event", "celery_tasks_", "celery_task_series_",
             "celery_task_failure_runtime_seconds", "celery_task_worker_wait_seconds",
             "celery_queue_oldest_task_age_seconds", "celery_queue_expected_workers",
             "celery_worker_last_seen_", "celery_worker_last_reply_",
             "celery_worker_tasks_processed_total",
             "celery_worker_sends_task_events", "celery_worker_slots",
             "celery_worker_prefetch_count", "celery_worker_uptime_seconds",
             "celery_worker_longest_task_seconds", "celery_worker_clock_offset_seconds")
BUSY, IDLE = "busy@box", "idle@box"
HELD = 8   # By a pool of two, beside the two that it runs.


@pytest.fixture(scope="module", params=["redis", "rabbitmq"])
def scene(request, redis_broker, rabbitmq, module_exporter):
    """(broker, page, the peer's page or None) while two workers on one host have work."""
    if request.param == "redis":
        broker, url = redis_broker, redis_broker.url()
    else:
        rabbitmq.make_vhost("peer")
        broker, url = rabbitmq, rabbitmq.url(vhost="peer")
    app = CeleryApp(NEWEST, url)
    app.ask("events")
    exporter = module_exporter(shown.config(url, "queues: [orders, reports]",
                                            "worker_label: true", "control: full"))
    exporter.await_page(shown.is_listening, 10, "it listens")
    peer = celery_peer.CeleryPeer(url) if celery_peer.command() else None
    try:
        _play(app)
        exporter.await_page(_is_played, 20, "all that was played is shown")
        yield broker, exporter.page(), peer and peer.page()
    finally:
        if peer:
            peer.close()
        app.close()


def _play(app):
    frequent = ["--heartbeat-interval", "1"]
    app.worker(BUSY, ["orders"], options=frequent, ready=False)
    app.worker(IDLE, ["reports"], pool="solo", concurrency=1, options=frequent)
    app.workers[0].await_ready()
    for queue in ("orders", "reports"):
        app.send("add", 1, 2, queue=queue)
        app.send("boom", "ValueError", queue=queue)
        app.send("retry", 1, queue=queue)
    app.await_count("add", "succeeded", 2)
    app.await_count("boom", "failed", 2)
    app.await_count("retry", "succeeded", 2)
    for _ in range(2 + HELD):
        app.send("hold", "never")
    app.await_count("hold", "started", 2)
    for priority in (0, 3, 6, 9):
        app.send("add", 1, 2, queue="parked", priority=priority)


def _is_played(page):
    assert page.value("celery_worker_tasks_active", hostname=BUSY) == 2
    assert page.value("celery_worker_tasks_active", hostname=IDLE) == 0
    assert page.value("celery_active_process_count", queue_name="orders") == 2
    depths = shown.depths(page)
    assert depths["orders", "active"] == 2 and depths["orders", "reserved"] == HELD
    assert shown.counters(page)["received", "shop.hold", "orders"] == 2 + HELD
    assert shown.counters(page)["sent", "shop.add", "parked"] == 4
    return True


def _sums(page, name):
    """Of each task, over the hosts."""
    sums = collections.Counter()
    for labels, value in page.series(name):
        labels.pop("hostname", None)
        sums[tuple(sorted(labels.items()))] += value
    return +sums


def test_no_family_and_no_label_of_the_peer_is_missing(scene):
    broker, page, peer = scene
    expected = reference.families("celery")
    if isinstance(broker, RedisServer):
        expected.pop("celery_active_consumer_count")   # Only RabbitMQ tells.
        assert not page.has("celery_active_consumer_count")
    assert set(expected) - page.families() == set()
    assert reference.differences(page, "celery_", expected, ADDITIONS) == {}
    if peer:
        exempt = comparison.exemptions(DIFFERENCES)
        assert comparison.differences(page, peer, peer, exempt, peer_is_old=False) == []
        for name in peer.samples:
            if name.startswith("celery_task_") and not name.endswith(("_created", "_sum")):
                assert _sums(page, name) == _sums(peer, name), name


def test_the_histograms_have_the_buckets_of_the_peer(scene):
    _, page, _ = scene
    expected = {
        "celery_task_runtime": ".005 .01 .025 .05 .075 .1 .25 .5 .75 1 2.5 5 7.5 10 Inf",
        "celery_task_queue_wait_time": ".05 .1 .5 1 5 10 30 60 120 300 600 900 1800 Inf"}
    for family, bounds in expected.items():
        found = {float(labels["le"]) for labels, _ in page.series(f"{family}_bucket")}
        assert found == {float(bound) for bound in bounds.split()}, family


def test_two_workers_on_one_host_are_two(scene):
    """The peer has one series for both, hostname="box", of whichever spoke last."""
    _, page, _ = scene
    assert shown.by_label(page, "celery_worker_up", "hostname") == {BUSY: 1, IDLE: 1}
    assert shown.by_label(page, "celery_worker_tasks_active", "hostname") == {BUSY: 2, IDLE: 0}
    for worker, queue in ((BUSY, "orders"), (IDLE, "reports")):
        assert page.value("celery_task_succeeded_total", hostname=worker, name="shop.add",
                          queue_name=queue) == 1
        assert page.value("celery_task_failed_total", hostname=worker, name="shop.boom",
                          queue_name=queue, exception="ValueError") == 1


def test_a_task_sent_has_the_host_of_its_sender_and_not_its_process(scene):
    _, page, _ = scene
    hosts = {labels["hostname"] for labels, value in page.series("celery_task_sent_total") if value}
    assert hosts and not any("gen" in host or "@" in host for host in hosts)


def test_all_priorities_of_a_queue_are_its_length(scene):
    """The peer asks LLEN of the queue's own list, which on Redis is one of four."""
    broker, page, _ = scene
    if isinstance(broker, RedisServer):
        assert page.value("celery_queue_length", queue_name="parked") == 4
        assert page.value("queue_depth", queue="parked", system="celery", state="waiting") == 4
        assert broker.command("LLEN", "parked") == 1, "what the peer shows"
    else:   # No worker serves it, and a broker that is asked by AMQP lists no queues.
        assert shown.counters(page)["sent", "shop.add", "parked"] == 4


def test_tasks_that_run_or_are_held_by_a_worker_are_shown(scene):
    """The peer shows the length 0: neither is in the queue any more."""
    broker, page, _ = scene
    assert page.value("celery_queue_length", queue_name="orders") == 0
    depths = shown.depths(page)
    assert (depths["orders", "active"], depths["orders", "reserved"]) == (2, HELD)
    assert page.value("celery_tasks_in_progress", name="shop.hold") == 2
    if isinstance(broker, RedisServer):
        assert broker.command("LLEN", "orders") == 0, "what the peer shows"
        assert depths["orders", "unacked"] == HELD


def test_every_line_of_the_list_of_differences_is_of_a_family_of_the_peer():
    known = reference.families("celery").keys()
    created = {family.removesuffix("_total") + "_created" for family in known}
    assert not comparison.exemptions(DIFFERENCES).keys() - known - created
