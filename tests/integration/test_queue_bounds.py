"""What the queue collector costs a Redis, and what it shows, where there is more than it reads."""

import re

import pytest

from support.servers import Redis
from support.waiting import eventually

FOUND = """
collectors:
  - type: queue
    url: "{url}"
    discover: {discover}
"""


@pytest.fixture
def keys():
    server = Redis()
    yield server
    server.close()


def test_a_thousand_queues_are_shown_and_the_rest_is_told_of(collect, keys):
    fill = "for i = 1, 1200 do redis.call('SADD', 'rq:queues', 'rq:queue:q' .. i) end"
    keys.command("EVAL", fill, "0")
    page = collect(FOUND.format(url=keys.url(), discover="rq"), code=1)
    assert len(page.series("queue_depth", state="waiting")) == 1000
    assert page.errors("queue", "limit") == 1


def test_large_jobs_cost_their_ages_and_little_of_the_server(keys, start_exporter):
    """60 jobs of 8 MB next in turn, each in a queue of its own."""
    fill = """
        local job = '{"args":["' .. string.rep('A', 8 * 1024 * 1024) .. '"],"enqueued_at":1}'
        for i = 1, 60 do
          redis.call('SADD', 'queues', 'large' .. i)
          redis.call('LPUSH', 'queue:large' .. i, job)
        end"""
    keys.command("EVAL", fill, "0")
    keys.command("SADD", "queues", "zz")
    keys.command("LPUSH", "queue:zz", '{"enqueued_at":1700000000}')
    keys.command("CONFIG", "RESETSTAT")
    exporter = start_exporter(FOUND.format(url=keys.url(), discover="sidekiq") +
                              "    interval: 200ms\n")
    exporter.await_page(lambda page: page.successes("queue") >= 5, 20, "five collections")
    page = exporter.page()
    assert len(page.series("queue_depth", state="waiting", system="sidekiq")) == 61
    assert not page.has("queue_oldest_age_seconds", queue="large1")
    assert page.errors("queue", "limit") > 0
    assert exporter.log().count("part of a collection failed") < 10   # Not one a queue.
    asked = re.search(r"cmdstat_lindex:calls=(\d+)", keys.command("INFO", "commandstats"))
    assert int(asked[1]) <= exporter.page().successes("queue") + 1   # One a collection.


def test_jobs_cost_no_commands(collect, keys):
    """The same commands for 2 jobs as for 20000, and none that reads the whole of anything."""
    def commands():
        keys.command("CONFIG", "RESETSTAT")
        collect(FOUND.format(url=keys.url(), discover="[rq, bullmq, dramatiq, sidekiq]"))
        lines = keys.command("INFO", "commandstats").splitlines()
        return {line.split(":")[0].removeprefix("cmdstat_"): line.split("calls=")[1].split(",")[0]
                for line in lines if line.startswith("cmdstat_")}

    fill = """
        for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do
          redis.call('RPUSH', 'rq:queue:q', i)
          redis.call('ZADD', 'rq:failed:q', i + 4e9, i)
          redis.call('LPUSH', 'bull:q:wait', i)
          redis.call('ZADD', 'bull:q:delayed', i, i)
          redis.call('RPUSH', 'dramatiq:q', i)
          redis.call('HSET', 'dramatiq:q.msgs', i, '{}')
          redis.call('LPUSH', 'queue:q', '{"enqueued_at":1}')
        end
        redis.call('SADD', 'rq:queues', 'rq:queue:q')
        redis.call('SADD', 'queues', 'q')
        redis.call('HSET', 'bull:q:meta', 'opts.maxLenEvents', 1)"""
    keys.command("EVAL", fill, "0", "1", "2")
    few = commands()
    keys.command("EVAL", fill, "0", "3", "20000")
    assert commands() == few
    assert not {"smembers", "hgetall", "zrange", "keys", "hvals"} & set(few)
    assert few["lrange"] == "2"   # BullMQ's two ends.


def test_the_discovery_of_many_keys_goes_on_in_the_next_collection(keys, start_exporter):
    keys.command("CONFIG", "RESETSTAT")
    keys.command("EVAL", "for i = 1, 250000 do redis.call('SET', 'other:' .. i, '') end", "0")
    keys.command("HSET", "bull:mails:meta", "opts.maxLenEvents", "1")
    keys.command("RPUSH", "bull:mails:wait", "1")
    exporter = start_exporter(FOUND.format(url=keys.url(), discover="bullmq") +
                              "    interval: 200ms\n")
    exporter.await_page(lambda page: page.has("queue_depth", queue="mails", state="waiting"), 20,
                        "the queue is found")

    def scans():
        return int(re.search(r"cmdstat_scan:calls=(\d+)", keys.command("INFO", "commandstats"))[1])

    # It may be in the keys of the first budget of 100; the others are looked at all the same.
    eventually(lambda: scans() > 100, 20, "the discovery goes on")


def test_a_job_id_of_any_size_costs_the_age_of_its_queue(keys, start_exporter):
    fill = """redis.call('SADD', 'rq:queues', 'rq:queue:big', 'rq:queue:small')
              redis.call('RPUSH', 'rq:queue:big', string.rep('x', 32 * 1024 * 1024))
              redis.call('RPUSH', 'rq:queue:small', 'one')
              redis.call('HSET', 'rq:job:one', 'enqueued_at', '2026-01-01T00:00:00Z')
              redis.call('RPUSH', 'dramatiq:big', string.rep('x', 32 * 1024 * 1024))
              redis.call('HSET', 'dramatiq:big.msgs', 'two', '{}')"""
    keys.command("EVAL", fill, "0")
    keys.command("CONFIG", "RESETSTAT")
    exporter = start_exporter(FOUND.format(url=keys.url(), discover="[rq, dramatiq]") +
                              "    interval: 200ms\n")
    exporter.await_page(lambda page: page.successes("queue") >= 8, 30, "eight collections")
    page = exporter.page()
    for system, queue in (("rq", "big"), ("rq", "small"), ("dramatiq", "big")):
        assert page.value("queue_depth", system=system, queue=queue, state="waiting") == 1
    assert page.has("queue_oldest_age_seconds", queue="small", system="rq")
    assert not page.has("queue_oldest_age_seconds", queue="big")
    assert page.errors("queue", "limit") > 0
    # Each large id was asked for a few times, not in each collection.
    asked = re.search(r"cmdstat_lindex:calls=(\d+)", keys.command("INFO", "commandstats"))
    assert int(asked[1]) <= exporter.page().successes("queue") + 9
