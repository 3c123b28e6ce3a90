"""The queue collector against a real Redis."""

import pytest

QUEUES = """
collectors:
  - type: queue
    url: "{url}"
    queues:
      - {{name: list, system: redis_list, key: "it:list"}}
      - {{name: set, system: redis_zset, key: "it:set"}}
      - {{name: stream, system: redis_stream, key: "it:stream", group: workers}}
"""


@pytest.fixture
def keys(redis):
    """A server without the keys of this file, before and after."""
    redis.command("DEL", "it:list", "it:set", "it:stream")
    yield redis
    redis.command("DEL", "it:list", "it:set", "it:stream")


def test_absent_queues_are_shown_as_empty(collect, keys):
    page = collect(QUEUES.format(url=keys.url()))
    for queue in ("list", "set", "stream"):
        assert page.value("queue_depth", queue=queue, state="waiting") == 0


def test_a_list_waits(collect, keys):
    keys.command("RPUSH", "it:list", "a", "b", "c")
    page = collect(QUEUES.format(url=keys.url()))
    assert page.value("queue_depth", queue="list", system="redis_list", state="waiting") == 3


def test_a_sorted_set_waits_when_due_and_is_scheduled_before(collect, keys):
    keys.command("ZADD", "it:set", "1", "due", "-5", "long due", "99999999999", "later")
    page = collect(QUEUES.format(url=keys.url()))
    assert page.value("queue_depth", queue="set", state="waiting") == 2
    assert page.value("queue_depth", queue="set", state="scheduled") == 1


def test_a_stream_group_shows_lag_pending_and_consumers(collect, keys):
    keys.command("XGROUP", "CREATE", "it:stream", "workers", "0", "MKSTREAM")
    for i in range(5):
        keys.command("XADD", "it:stream", "*", "i", str(i))
    keys.command("XREADGROUP", "GROUP", "workers", "a", "COUNT", "2", "STREAMS", "it:stream", ">")
    page = collect(QUEUES.format(url=keys.url()))
    assert page.value("queue_depth", queue="stream", state="waiting") == 3
    assert page.value("queue_depth", queue="stream", state="active") == 2
    assert page.value("queue_consumers", queue="stream") == 1


def test_a_stream_whose_lag_the_server_cannot_tell_has_no_waiting_sample(collect, keys):
    for i in range(5):
        keys.command("XADD", "it:stream", f"{i + 1}-0", "i", str(i))
    keys.command("XGROUP", "CREATE", "it:stream", "workers", "0")
    keys.command("XREADGROUP", "GROUP", "workers", "a", "COUNT", "1", "STREAMS", "it:stream", ">")
    keys.command("XDEL", "it:stream", "3-0")   # Within what waits: the lag is not known.
    assert "lag\n\n" in keys.command("XINFO", "GROUPS", "it:stream") + "\n\n"
    page = collect(QUEUES.format(url=keys.url()))
    assert not page.has("queue_depth", queue="stream", state="waiting")
    assert page.value("queue_depth", queue="stream", state="active") == 1


def test_a_key_of_another_type_costs_its_own_queue_only(collect, keys):
    keys.command("SADD", "it:list", "not", "a", "list")
    keys.command("ZADD", "it:set", "1", "due")
    page = collect(QUEUES.format(url=keys.url()), code=1)
    assert page.value("queue_depth", queue="set", state="waiting") == 1
    assert page.value("exporter_collector_failed_parts", collector="queue") == 1
