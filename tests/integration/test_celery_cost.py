"""What a collection of a Celery broker costs Redis, in commands."""

import time

import pytest

from support import celery_page as shown
from support.processes import ROOT
from support.redis_servers import RedisServer

QUEUES = [f"queue-{number}" for number in range(20)]
STEPS = ("", "\x06\x163", "\x06\x166", "\x06\x169")   # The lists of a queue, by priority.
MESSAGE = (ROOT / "tests/data/celery/redis-c563-msg-plain.json").read_text()
DELIVERED = 1_700_000_000
REST = 8   # Commands that are not of a list; those that connect are among them.


@pytest.fixture
def broker():
    server = RedisServer()
    yield server
    server.close()


def fill(server, count):
    """Tasks of all priorities in every queue, `count` in all, and as many delivered ones."""
    each = count // len(QUEUES) // len(STEPS) or 1
    with server.client() as client:
        client.ask("FLUSHALL")
        script = "for i = 1, tonumber(ARGV[1]) do redis.call('LPUSH', KEYS[1], ARGV[2]) end"
        for queue in QUEUES:
            for step in STEPS:
                client.ask("EVAL", script, 1, queue + step, each, MESSAGE)
        client.ask("EVAL", "for i = 1, tonumber(ARGV[1]) do redis.call('HSET', 'unacked', i,"
                   " '[{}, \"\", \"queue-0\"]')"
                   " redis.call('ZADD', 'unacked_index', ARGV[2] + i, i) end", 0, count,
                   DELIVERED)
    return each * len(STEPS)


def calls(server):
    """{command: how often}, without the question itself."""
    stats = server.info("commandstats")
    return {name.removeprefix("cmdstat_"): int(fields.split(",")[0].removeprefix("calls="))
            for name, fields in stats.items()
            if name.removeprefix("cmdstat_") not in ("info", "auth", "config|resetstat")}


def of_depths(server):
    return shown.config(server.url(), f"queues: [{', '.join(QUEUES)}]", "events: false",
                        "control: false", "discover_queues: false", interval="5s")


def test_a_collection_takes_as_many_commands_for_100000_tasks_as_for_few(broker, collect):
    taken = {}
    for count in (80, 100_000):
        each = fill(broker, count)
        broker.command("CONFIG", "RESETSTAT")
        page = collect(of_depths(broker))
        taken[count] = calls(broker)
        assert page.value("celery_queue_length", queue_name=QUEUES[7]) == each
        assert page.value("celery_unacked_tasks") == count
    few, many = taken.values()
    # Whose the delivered ones are is asked only while they are few.
    for name in ("hkeys", "hmget"):
        assert (few.pop(name, 0), many.pop(name, 0)) == (1, 0), name
    lists = len(QUEUES) * len(STEPS)
    assert few.pop("memory|usage") == many["memory|usage"] + 1 == lists + 1
    assert few == {name: count for name, count in many.items() if name != "memory|usage"}
    assert {name: many.get(name) for name in ("llen", "memory|usage", "lindex", "hlen", "zrange",
                                              "zcount")} == {
        "llen": lists, "memory|usage": lists, "lindex": lists, "hlen": 1, "zrange": 1, "zcount": 1}
    assert sum(many.values()) <= 3 * lists + REST, many


def test_more_unacknowledged_tasks_than_are_shared_out_are_no_fault_and_logged(
        broker, start_exporter):
    fill(broker, 2001)
    exporter = start_exporter(of_depths(broker))
    exporter.await_page(lambda page: page.successes("celery") > 0, 10, "it has collected")
    page = exporter.page()
    assert page.value("celery_unacked_tasks") == 2001
    assert not page.has("queue_depth", state="unacked")
    assert page.errors("celery", "limit") == 0
    assert "more tasks are unacknowledged than" in exporter.log()


def test_large_messages_are_not_read_and_the_log_says_so(broker, start_exporter):
    with broker.client() as client:
        large = "x" * 3_000_000
        for queue in QUEUES:
            client.ask("LPUSH", queue, large)
        for tag in range(20):
            client.ask("HSET", "unacked", tag, large)
            client.ask("ZADD", "unacked_index", DELIVERED, tag)
    sent = int(broker.info("stats")["total_net_output_bytes"])
    exporter = start_exporter(of_depths(broker))
    exporter.await_page(lambda page: page.successes("celery") > 0, 10, "it has collected")
    page = exporter.page()
    assert page.value("celery_up") == 1
    assert page.value("celery_unacked_tasks") == 20
    for queue in QUEUES:
        assert page.value("celery_queue_length", queue_name=queue) == 1
        assert not page.has("queue_oldest_age_seconds", queue=queue)
        assert not page.has("queue_depth", queue=queue, state="unacked")
    assert page.errors("celery", "limit") > 0
    log = exporter.log()
    assert "heads" in log and "unacked" in log, log
    # One of 3 MB at a time is near to the bound.
    assert int(broker.info("stats")["total_net_output_bytes"]) - sent < 5_000_000


def test_a_scrape_sends_no_command(broker, start_exporter):
    fill(broker, 80)
    exporter = start_exporter(shown.config(
        broker.url(), f"queues: [{', '.join(QUEUES)}]", interval="50s", control_interval="50s"))
    exporter.await_page(lambda page: shown.is_listening(page) and page.up("celery") == 1, 10,
                        "it has collected")
    before = calls(broker)
    start = time.monotonic()
    for _ in range(100):
        assert exporter.page().has("celery_queue_length", queue_name=QUEUES[0])
    after = calls(broker)
    # The stream asks each second whether the broker is still there, scraped or not.
    assert after.pop("ping", 0) - before.pop("ping", 0) <= 1 + time.monotonic() - start
    assert after == before


def test_a_huge_tag_in_unacked_index_costs_the_age_alone(broker, start_exporter):
    with broker.client() as client:
        client.ask("LPUSH", "orders", MESSAGE)
        client.ask("EVAL", "redis.call('ZADD', 'unacked_index', ARGV[1],"
                   " string.rep('x', 32 * 1024 * 1024))", 0, DELIVERED)
        client.ask("HSET", "unacked", "a", '[{}, "", "orders"]')
    broker.command("CONFIG", "RESETSTAT")
    exporter = start_exporter(shown.config(broker.url(), "queues: [orders]", "events: false",
                                           "control: false", "discover_queues: false",
                                           interval="1s"))
    exporter.await_page(lambda page: page.successes("celery") >= 6, 60, "six collections")
    page = exporter.page()
    assert page.value("celery_queue_length", queue_name="orders") == 1
    assert page.value("celery_unacked_tasks") == 1
    assert page.errors("celery", "limit") > 0
    assert calls(broker)["zrange"] <= 3   # Not once a collection.
