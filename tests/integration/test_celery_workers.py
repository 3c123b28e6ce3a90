"""Workers that die, are busy, come and go: who is up, and what stays counted."""

import time

import pytest

from support import celery_page as shown
from support.celery_app import NEWEST, CeleryApp
from support.celery_events import event, publish, task_life
from support.redis_servers import RedisServer
from support.waiting import eventually

SHORT = 3   # Seconds; a worker_timeout that this test can wait for.


@pytest.fixture(scope="module")
def broker():
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture
def app(broker):
    broker.command("FLUSHALL")
    celery = CeleryApp(NEWEST, broker.url())
    yield celery
    celery.close()


@pytest.fixture
def listen(start_exporter):
    """Starts an exporter that listens to the broker by these options."""
    def start(config):
        exporter = start_exporter(config)
        exporter.await_page(shown.is_listening, 10, "it listens")
        return exporter
    return start


def await_value(exporter, expected, name, /, within=10, **labels):
    def reached():
        assert exporter.page().value(name, **labels) == expected
        return True
    return eventually(reached, within, f"{name}{labels} is {expected}")


def last_heard(exporter, worker, /, **labels):
    return exporter.page().value("celery_worker_last_seen_timestamp_seconds", hostname=worker,
                                 **labels)


def two_patiences(url):
    """Two collectors of one broker: one waits for a worker as long as told, one for a minute."""
    options = f'type: celery, url: "{url}", queues: [orders, reports]'
    return f"""
global: {{interval: 700ms, timeout: 700ms, stale_after: 1m}}
collectors:
  - {{name: hasty, labels: {{patience: short}}, {options}, worker_timeout: {SHORT}s,
     control: false}}
  - {{name: calm, labels: {{patience: long}}, {options}, control_interval: 1s,
     control_timeout: 250ms}}
"""


def test_a_killed_worker_is_down_within_its_time_and_a_busy_one_stays_up(listen, broker, app):
    exporter = listen(two_patiences(broker.url()))
    frequent = ["--heartbeat-interval", "1"]
    pool = app.worker("pool@box", ["orders"], options=frequent, ready=False)
    solo = app.worker("solo@box", ["reports"], pool="solo", concurrency=1, options=frequent)
    pool.await_ready()
    for worker in ("pool@box", "solo@box"):
        for patience in ("short", "long"):
            await_value(exporter, 1, "celery_worker_up", hostname=worker, patience=patience)
    await_value(exporter, 1, "celery_active_worker_count", queue_name="orders", patience="long")
    app.send("hold", "busy", queue="reports")
    app.await_count("hold", "started", 1)
    silent_since = last_heard(exporter, "solo@box", patience="long")
    pool.kill()
    killed_at = time.time()
    heard = last_heard(exporter, "pool@box", patience="short")
    await_value(exporter, 0, "celery_worker_up", within=SHORT + 2, hostname="pool@box",
                patience="short")
    # Not sooner than it had to be, counted from the last that was heard of it.
    assert time.time() - heard >= SHORT - 0.1
    assert time.time() - killed_at <= SHORT + 2
    # The solo worker has been as silent, and is up by the one that has the time.
    await_value(exporter, 0, "celery_worker_up", within=SHORT + 2, hostname="solo@box",
                patience="short")
    page = exporter.page()
    assert page.value("celery_worker_up", hostname="solo@box", patience="long") == 1
    assert last_heard(exporter, "solo@box", patience="long") <= silent_since + 1.5
    app.open("busy")
    await_value(exporter, 1, "celery_worker_up", hostname="solo@box", patience="short")
    assert solo.is_running()


def test_a_worker_that_is_ended_in_order_ends_its_tasks_and_gives_the_others_back(
        listen, rabbitmq):
    rabbitmq.make_vhost("in-order")
    url = rabbitmq.url(vhost="in-order")
    app = CeleryApp(NEWEST, url)
    try:
        worker = app.worker("pool@box", ["orders"])
        exporter = listen(shown.config(url, "queues: [orders]", f"worker_timeout: {SHORT}s"))
        await_value(exporter, 1, "celery_worker_up", hostname="pool@box")
        for _ in range(6):
            app.send("hold", "end")
        app.await_count("hold", "started", 2)
        await_value(exporter, 2, "celery_tasks_in_progress", name="shop.hold")
        sent = time.time()
        worker.child.terminate()
        await_value(exporter, 0, "celery_worker_up", hostname="pool@box")
        assert exporter.page().value("celery_tasks_in_progress", name="shop.hold") == 2
        app.open("end")
        ended = {"name": "shop.hold", "queue_name": "orders"}
        await_value(exporter, 2, "celery_task_succeeded_total", **ended)
        page = exporter.page()
        assert page.value("celery_worker_up", hostname="pool@box") == 0
        assert page.value("celery_tasks_evicted_total", reason="worker") == 0
        assert page.value("celery_tasks_in_progress", name="shop.hold") == 0

        def waits():
            page = exporter.page()
            assert page.value("celery_queue_length", queue_name="orders") == 4
            assert page.value("celery_queue_oldest_task_age_seconds", queue_name="orders",
                              source="event") == pytest.approx(time.time() - sent, abs=2)
            return True
        eventually(waits, 15, "those that it held wait again, since they were sent")
    finally:
        app.close()


def test_what_is_gone_for_long_loses_its_series_and_keeps_its_counters(listen, broker):
    exporter = listen(shown.config(broker.url(), "worker_timeout: 60s", "worker_retention: 1s",
                                   "worker_label: true", "control: false"))
    worker, other = "left@box", "stays@box"
    with broker.client() as client:
        sent, lived = task_life(worker, "left-1")
        publish(client, event("worker-online", worker), event("worker-online", other), sent, lived)
        await_value(exporter, 1, "celery_worker_up", hostname=worker)
        publish(client, event("worker-offline", worker))
        await_value(exporter, 0, "celery_worker_up", hostname=worker)
    families = [family for family in exporter.page().families()
                if family.startswith("celery_worker_") and exporter.page().has(family,
                                                                               hostname=worker)]
    assert "celery_worker_last_seen_timestamp_seconds" in families
    exporter.await_page(lambda page: not any(page.has(family, hostname=worker)
                                             for family in families), 5, "its series are gone")
    page = exporter.page()
    assert page.value("celery_worker_up", hostname=other) == 1
    assert page.value("celery_task_succeeded_total", hostname=worker, name="shop.add") == 1


def _none_is_known(page):
    workers = page.series("celery_worker_up")
    assert not workers, (len(workers), workers[0])
    return True


@pytest.mark.release_only
def test_a_thousand_comings_and_goings_leave_memory_flat_and_counters_rising(listen, broker):
    """Each under a name of its own, as pods have."""
    exporter = listen(shown.config(broker.url(), "worker_retention: 1s", "control: false"))
    rounds, size = 5, 200
    memory = []
    with broker.client() as client:
        for number in range(rounds):
            for index in range(size):
                worker = f"celery@pod-{number}-{index}"
                sent, lived = task_life(worker, f"{number}-{index}")
                publish(client, event("worker-online", worker, processed=0), sent, lived,
                        event("worker-heartbeat", worker, processed=1),
                        event("worker-offline", worker))
            await_value(exporter, (number + 1) * size, "celery_task_succeeded_total",
                        name="shop.add", queue_name="orders")
            exporter.await_page(_none_is_known, 10, "all are forgotten")
            memory.append(exporter.memory("RssAnon"))
    assert max(memory[1:]) - memory[0] < 512, f"KiB after each round: {memory}"
    page = exporter.page()
    assert page.value("celery_tasks_tracked") == 0
    assert page.value("celery_events_malformed_total") == 0


@pytest.mark.parametrize("kind", ["worker-offline", "worker-online"])
def test_the_processed_of_a_worker_does_not_fall_at_its_restart(listen, broker, kind):
    exporter = listen(shown.config(broker.url(), "control: false"))
    worker = f"again-{kind}@box"
    name = "celery_worker_tasks_processed_total"
    with broker.client() as client:
        publish(client, event("worker-online", worker, pid=1, processed=0),
                event("worker-heartbeat", worker, pid=1, processed=40))
        await_value(exporter, 40, name, hostname=worker)
        goes = "off" in kind
        publish(client, event(kind, worker, pid=1 if goes else 2, processed=40 if goes else 0),
                event("worker-online", worker, pid=2, processed=0),
                event("worker-heartbeat", worker, pid=2, processed=2))
        await_value(exporter, 42, name, hostname=worker)


def test_a_worker_whose_clock_is_an_hour_off_spoils_no_time(listen, broker):
    broker.command("FLUSHALL")
    exporter = listen(shown.config(broker.url(), "control: false"))
    hour = 3600
    with broker.client() as client:
        for worker, lead in (("ahead@one", hour), ("behind@two", -hour)):
            def of_worker(kind, **fields):
                return event(kind, worker, timestamp=time.time() + lead, **fields)
            name = f"shop.{worker[:5]}"
            task = {"uuid": worker, "name": name}
            publish(client, of_worker("worker-online"),
                    event("task-sent", "gen1@web", queue="orders", **task))
            publish(client, [of_worker("task-received", **task),
                             of_worker("task-started", uuid=worker)])
            await_value(exporter, 1, "celery_task_queue_wait_time_count", name=name)
            page = exporter.page()
            assert 0 <= page.value("celery_task_queue_wait_time_sum", name=name) < 10
            offset = page.value("celery_worker_clock_offset_seconds", hostname=worker)
            assert offset == pytest.approx(lead, abs=10)
        # Messages that the one behind took an hour ago by its clock, and just now by ours.
        client.ask("HSET", "unacked", "tag", "x")
        client.ask("ZADD", "unacked_index", time.time() - hour - 1, "tag")
        await_value(exporter, 1, "celery_unacked_tasks")
        page = exporter.page()
        assert not page.has("celery_unacked_overdue_tasks")
        assert not page.has("celery_unacked_oldest_age_seconds")
        eventually(lambda: "clock is off" in exporter.log(), 5, "it is said")
        client.ask("DEL", "unacked", "unacked_index")


def test_a_queue_that_should_have_workers_shows_zero_of_them(listen, broker, app):
    exporter = listen(shown.config(
        broker.url(), "queues: [{name: orders, expected_workers: 2}, reports]"))
    await_value(exporter, 2, "celery_queue_expected_workers", queue_name="orders")
    await_value(exporter, 0, "celery_active_worker_count", queue_name="orders")
    assert not exporter.page().has("celery_queue_expected_workers", queue_name="reports")
    worker = app.worker("one@box", ["orders"], concurrency=1)
    await_value(exporter, 1, "celery_active_worker_count", queue_name="orders")
    worker.leave()
    await_value(exporter, 0, "celery_active_worker_count", queue_name="orders")


def test_a_worker_that_sends_no_task_events_is_told_once_with_the_setting(listen, broker, app):
    exporter = listen(shown.config(broker.url(), "queues: [orders]"))
    app.worker("mute@box", ["orders"], concurrency=2, events=False,
               options=["--heartbeat-interval", "1"])
    for _ in range(3):
        app.send("add", 1, 2)
    app.await_count("add", "succeeded", 3)
    await_value(exporter, 0, "celery_worker_sends_task_events", hostname="mute@box")
    await_value(exporter, 3, "celery_worker_tasks_processed_total", hostname="mute@box")
    app.send("add", 1, 2)
    await_value(exporter, 4, "celery_worker_tasks_processed_total", hostname="mute@box")
    told = [line for line in exporter.log().splitlines() if "mute@box" in line]
    assert len([line for line in told if "worker_send_task_events" in line]) == 1, told


def test_control_calls_tell_of_slots_and_of_the_task_that_runs_longest(listen, broker, app):
    exporter = listen(shown.config(broker.url(), "queues: [orders]", "control: full"))
    app.worker("pool@box", ["orders"], concurrency=2)
    app.send("hold", "long")
    app.await_count("hold", "started", 1)
    started = app.notes()[0].time
    await_value(exporter, 1, "celery_worker_slots_busy", hostname="pool@box")
    await_value(exporter, 2, "celery_worker_slots", hostname="pool@box")
    await_value(exporter, 8, "celery_worker_prefetch_count", hostname="pool@box")

    def longest(page):
        return page.value("celery_worker_longest_task_seconds", hostname="pool@box")
    exporter.await_page(lambda page: 0 < longest(page) < time.time() - started + 0.1, 5,
                        "the longest task")
    assert 0 < exporter.page().value("celery_worker_uptime_seconds", hostname="pool@box") < 60
    app.open("long")
    exporter.await_page(lambda page: longest(page) == 0, 5, "none runs")
