"""The queue collector against what the systems' own libraries write to a real Redis."""

import shlex
import signal

import pytest

from support.pages import block
from support.processes import program
from support.queue_apps import APPS, App
from support.servers import REDIS_PASSWORD, Redis

ALL = "[rq, sidekiq, bullmq, bull, dramatiq, arq, huey]"
FOUND = """
collectors:
  - type: queue
    url: "{url}"
    discover: {discover}
"""


@pytest.fixture(scope="module")
def server():
    redis = Redis()
    yield redis
    redis.close()


@pytest.fixture
def keys(server):
    server.command("FLUSHALL")
    yield server


@pytest.fixture
def app(keys):
    started = []

    def start(*arguments):
        started.append(App(keys, *arguments))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def shown(collect, keys):
    """All that a collection says of the queues of one system, by queue and by state."""
    def read(system, discover=ALL):
        page = collect(FOUND.format(url=keys.url(), discover=discover))
        assert "secret-argument" not in page.text
        queues = {}
        for labels, value in page.series("queue_depth"):
            assert labels["system"] == system or value == 0, f"{labels} is not ours"
            if labels["system"] == system:
                queues.setdefault(labels["queue"], {})[labels["state"]] = value
        for metric in ("consumers", "paused"):
            for labels, value in page.series("queue_" + metric, system=system):
                queues[labels["queue"]][metric] = value
        for labels, value in page.series("queue_oldest_age_seconds", system=system):
            queues[labels["queue"]]["age"] = value
        return queues

    return read


def take_ages(queues, within=60):
    """Takes the ages out; returns the queues that have one. All work is from this test."""
    aged = {name for name, queue in queues.items() if "age" in queue}
    for name in aged:
        age = queues[name].pop("age")
        assert 0 <= age < within, f"{name}: {age}"
    return aged


def rq(**states):
    return {"waiting": 0, "active": 0, "stalled": 0, "scheduled": 0, "blocked": 0, "failed": 0,
            "finished": 0, "consumers": 0, "paused": 0, **states}


@pytest.mark.parametrize("listing", ["requirements.txt", "requirements-rq1.txt"],
                         ids=["rq 3", "rq 1"])
def test_rq(app, keys, shown, listing):
    jobs = app("rq_app.py", listing)
    jobs.run("put")
    jobs.run("burst", "broken")
    worker = jobs.start("work", "slow")
    jobs.await_count(1, "EXISTS", "holding")
    queues = shown("rq")
    assert take_ages(queues) == {"mails"}
    assert queues == {
        "mails": rq(waiting=3, scheduled=2, blocked=1),
        "broken": rq(failed=1, finished=1),
        "slow": rq(active=1, consumers=1),
    }
    # What its death leaves behind once its time is up: an entry that is late, a worker
    # in the set without a hash.
    worker.kill()
    member = keys.command("ZRANGE", "rq:wip:slow", "0", "0")
    keys.command("ZADD", "rq:wip:slow", "XX", "1000", member)
    keys.command("DEL", keys.command("SMEMBERS", "rq:workers:slow"))
    keys.command("SET", "rq:suspended", "1")
    assert shown("rq")["slow"] == rq(stalled=1, paused=1)
    keys.command("DEL", "rq:suspended", "rq:queue:mails", "rq:scheduled:mails",
                 "rq:deferred:mails")
    assert shown("rq")["mails"] == rq()


def bull(**states):
    return {"waiting": 0, "active": 0, "stalled": 0, "scheduled": 0, "failed": 0, "finished": 0,
            "consumers": 0, "paused": 0, **states}


def bullmq(**states):
    return bull(**{"blocked": 0, **states})


def hold_and_fail(jobs, *prefix):
    jobs.run("put", *prefix)
    worker = jobs.start("work", *prefix, "slow")
    jobs.await_count(1, "EXISTS", "holding")
    key = (prefix or ("bull",))[0]
    other = jobs.start("work", *prefix, "broken")
    jobs.await_count(1, "ZCARD", f"{key}:broken:failed")
    jobs.await_count(0, "LLEN", f"{key}:broken:wait")
    jobs.await_count(0, "LLEN", f"{key}:broken:active")
    other.kill()
    return worker


@pytest.mark.parametrize("prefix", ["bull", "{shop}"])
def test_bullmq(app, keys, shown, prefix):
    jobs = app("bullmq_app.js")
    discover = ALL if prefix == "bull" else f'[{{system: bullmq, prefix: "{prefix}"}}]'
    name = "" if prefix == "bull" else prefix + ":"
    worker = hold_and_fail(jobs, prefix)
    queues = shown("bullmq", discover)
    assert take_ages(queues) == {name + "mails"}
    assert queues == {
        name + "mails": bullmq(waiting=4, scheduled=2),
        name + "broken": bullmq(failed=1, finished=2),
        name + "slow": bullmq(waiting=1, active=1, blocked=1, consumers=1),
    }
    # The lock of a dead worker's job goes.
    worker.kill()
    keys.command("DEL", keys.command("KEYS", f"{prefix}:slow:*:lock"))
    assert shown("bullmq", discover)[name + "slow"] == bullmq(waiting=1, stalled=1, blocked=1)
    jobs.run("pause", prefix, "mails")
    keys.command("DEL", f"{prefix}:mails:wait", f"{prefix}:mails:paused", f"{prefix}:mails:delayed")
    assert shown("bullmq", discover)[name + "mails"] == bullmq(paused=1)


def test_bull(app, keys, shown):
    jobs = app("bull_app.js")
    worker = hold_and_fail(jobs)
    queues = shown("bull")
    assert take_ages(queues) == {"mails"}
    assert queues == {
        "mails": bull(waiting=3, scheduled=2),
        "broken": bull(failed=1, finished=1),
        "slow": bull(waiting=1, active=1, consumers=1),
    }
    worker.kill()
    keys.command("DEL", keys.command("KEYS", "bull:slow:*:lock"))
    assert shown("bull")["slow"] == bull(waiting=1, stalled=1)
    # A pause moves what waits to another list.
    jobs.run("pause", "mails")
    queues = shown("bull")
    assert take_ages(queues) == {"mails"}
    assert queues["mails"] == bull(waiting=3, scheduled=2, paused=1)
    keys.command("DEL", "bull:mails:paused", "bull:mails:delayed")
    assert shown("bull")["mails"] == bull(paused=1)


def test_sidekiq(app, keys, shown):
    jobs = app("sidekiq_app.rb")
    jobs.run("put")
    sidekiq = [program("sidekiq"), "-r", APPS / "sidekiq_app.rb", "-c", "1"]
    worker = jobs.start(command=[*sidekiq, "-q", "slow,3", "-q", "idle"])   # Beats in 5 seconds.
    failing = jobs.start(command=[*sidekiq, "-q", "broken"])
    jobs.await_count(1, "ZCARD", "retry")
    jobs.await_count(2, "ZCARD", "dead")
    failing.stop(signal.SIGTERM)
    jobs.workers.remove(failing)
    failing.close()
    jobs.await_count(1, "EXISTS", "holding")
    jobs.await_count(1, "HGET", keys.command("SMEMBERS", "processes"), "busy")
    queues = shown("sidekiq")
    assert take_ages(queues) == {"mails"}
    assert queues == {
        "mails": {"waiting": 3, "consumers": 0, "paused": 0},
        "broken": {"waiting": 0, "consumers": 0, "paused": 0},
        "slow": {"waiting": 0, "consumers": 1, "paused": 0},
        "*": {"scheduled": 2, "retry": 1, "failed": 2, "active": 1, "consumers": 1},
    }
    # What its death leaves behind: an identity whose hash goes after a minute.
    worker.kill()
    keys.command("DEL", keys.command("SMEMBERS", "processes"))
    keys.command("DEL", "queue:mails", "schedule", "retry", "dead")
    keys.command("SADD", "paused", "mails")
    assert shown("sidekiq") == {
        "mails": {"waiting": 0, "consumers": 0, "paused": 1},
        "broken": {"waiting": 0, "consumers": 0, "paused": 0},
        "slow": {"waiting": 0, "consumers": 0, "paused": 0},
        "*": {"scheduled": 0, "retry": 0, "failed": 0, "active": 0, "consumers": 0},
    }


def test_dramatiq(app, keys, shown):
    jobs = app("dramatiq_app.py")
    jobs.run("put")
    jobs.start("work", "broken")
    jobs.await_count(1, "ZCARD", "dramatiq:broken.XQ")
    jobs.start("work", "slow")
    jobs.await_count(1, "EXISTS", "holding")
    jobs.await_count(0, "LLEN", "dramatiq:slow.DQ")   # The worker keeps it until it is due.
    queues = shown("dramatiq")
    assert take_ages(queues) == {"mails"}
    assert queues == {
        "mails": {"waiting": 3, "active": 0, "scheduled": 2, "failed": 0},
        "broken": {"waiting": 0, "active": 0, "scheduled": 0, "failed": 1},
        "slow": {"waiting": 0, "active": 1, "scheduled": 1, "failed": 0},
    }
    keys.command("DEL", "dramatiq:mails", "dramatiq:mails.msgs", "dramatiq:mails.DQ.msgs",
                 "dramatiq:mails.DQ", "dramatiq:slow.DQ.msgs", "dramatiq:broken.XQ")
    queues = shown("dramatiq")
    assert queues["slow"] == {"waiting": 0, "active": 1, "scheduled": 0, "failed": 0}
    assert queues["broken"] == {"waiting": 0, "active": 0, "scheduled": 0, "failed": 0}


@pytest.mark.parametrize("queue, discover", [
    ("arq:queue", ALL), ("shop:jobs", '[{system: arq, prefix: "shop:"}]')])
def test_arq(app, keys, shown, queue, discover):
    jobs = app("arq_app.py")
    jobs.run("hold", queue)
    jobs.start("work", queue)
    jobs.await_count(1, "EXISTS", "holding")
    jobs.run("put", queue)
    queues = shown("arq", discover)
    assert take_ages(queues) == {queue}
    assert queues == {queue: {"waiting": 3, "active": 1, "scheduled": 2}}


def test_huey(app, keys, shown):
    jobs = app("huey_app.py")
    jobs.run("later")
    worker = jobs.start("work")
    jobs.await_count(2, "ZCARD", "huey.schedule.mailapp")
    jobs.workers.remove(worker)
    worker.close()
    jobs.run("put")
    assert shown("huey") == {
        "mailapp": {"waiting": 3, "scheduled": 2},
        "urgent": {"waiting": 2, "scheduled": 0},
    }
    keys.command("DEL", "huey.redis.mailapp")
    assert shown("huey")["mailapp"] == {"waiting": 0, "scheduled": 2}


def test_every_group_of_a_stream_is_a_queue(collect, keys):
    for group in ("billing", "audit"):
        keys.command("XGROUP", "CREATE", "events", group, "0", "MKSTREAM")
    for _ in range(3):
        keys.command("XADD", "events", "*", "f", "secret-argument")
    keys.command("XREADGROUP", "GROUP", "audit", "me", "COUNT", "2", "STREAMS", "events", ">")
    keys.command("XADD", "nobody", "*", "f", "v")
    page = collect(FOUND.format(url=keys.url(), discover="redis_stream"))
    depths = {(labels["queue"], labels["state"]): value
              for labels, value in page.series("queue_depth")}
    assert depths == {("events/audit", "waiting"): 1, ("events/audit", "active"): 2,
                      ("events/billing", "waiting"): 3, ("events/billing", "active"): 0}
    assert page.value("queue_consumers", queue="events/audit") == 1
    assert 0 <= page.value("queue_oldest_age_seconds", queue="events/audit") < 60
    assert not page.has("queue_oldest_age_seconds", queue="events/billing")


def test_a_key_of_another_type_costs_what_it_stands_for(keys, collect):
    keys.command("SADD", "queues", "mails")
    keys.command("SADD", "processes", "text", "worker")
    keys.command("SET", "text", "x")
    keys.command("HSET", "worker", "info", '{"queues":["mails"]}', "busy", "2", "quiet", "false")
    keys.command("SADD", "rq:queues", "rq:queue:mails")
    keys.command("RPUSH", "rq:queue:mails", "id")
    keys.command("SET", "rq:job:id", "x")
    keys.command("HSET", "bull:mails:meta", "opts.maxLenEvents", "1")
    keys.command("LPUSH", "bull:mails:wait", "7")
    keys.command("SET", "bull:mails:7", "x")
    page = collect(FOUND.format(url=keys.url(), discover="[sidekiq, rq, bullmq]"), code=1)
    assert page.value("queue_depth", queue="*", state="active", system="sidekiq") == 2
    assert page.value("queue_consumers", queue="mails", system="sidekiq") == 1
    for system in ("rq", "bullmq"):
        assert page.value("queue_depth", queue="mails", state="waiting", system=system) == 1
    assert not page.has("queue_oldest_age_seconds")
    assert page.errors("queue", "query") == 3


def allow_as_the_page(keys, *without):
    """Makes a user by the page's rule, without some of its words; returns its URL."""
    rule = block("docs/collectors/queue.md", "sh", "exporter_queue").replace("\\\n", "")
    words = shlex.split(rule.partition("'>PASSWORD'")[2])
    assert set(without) <= set(words)
    keys.command("ACL", "SETUSER", "queues", "reset", "on", ">" + REDIS_PASSWORD,
                 *(word for word in words if word not in without))
    return keys.url(user="queues")


def test_the_rights_of_the_page_are_enough(app, keys, collect):
    jobs = app("bullmq_app.js")
    jobs.run("put", "bull")
    jobs.start("work", "bull", "slow")
    jobs.await_count(1, "EXISTS", "holding")
    keys.command("XGROUP", "CREATE", "events", "audit", "0", "MKSTREAM")
    keys.command("SADD", "processes", "gone")
    keys.command("SADD", "queues", "mails")
    keys.command("LPUSH", "queue:mails", "{}")
    keys.command("RPUSH", "rq:queue:mails", "id")
    keys.command("SADD", "rq:queues", "rq:queue:mails")
    keys.command("SADD", "rq:workers:mails", "rq:worker:gone")
    keys.command("ZADD", "arq:queue", "1", "id")
    keys.command("RPUSH", "dramatiq:mails", "id")
    keys.command("HSET", "dramatiq:mails.msgs", "id", "{}")
    keys.command("LPUSH", "huey.redis.mails", "x")
    everything = FOUND.format(url=allow_as_the_page(keys), discover=ALL[:-1] + ", redis_stream]")
    page = collect(everything + """
    queues:
      - {name: list, system: redis_list}
      - {name: zset, system: redis_zset}
""")
    assert page.value("queue_depth", queue="slow", state="stalled", system="bullmq") == 0
    assert {labels["system"] for labels, _ in page.series("queue_depth")} >= {
        "rq", "sidekiq", "bullmq", "dramatiq", "arq", "huey", "redis_stream", "redis_list"}


@pytest.mark.parametrize("right", ["+scan", "+client|list", "+zcard", "+hget"])
def test_a_missing_right_is_named_and_costs_what_needs_it_alone(keys, collect, right):
    keys.command("SADD", "rq:queues", "rq:queue:mails")
    keys.command("RPUSH", "rq:queue:mails", "id")
    keys.command("RPUSH", "list", "a")
    url = allow_as_the_page(keys, right)
    page = collect(FOUND.format(url=url, discover="[rq, bullmq]") + """
    queues: [{name: list, system: redis_list}]
""", code=1)
    assert page.errors("queue", "permission") >= 1
    assert page.value("queue_depth", queue="list", state="waiting") == 1
    assert page.has("queue_depth", queue="mails") == (right != "+zcard")
