"""Celery beside the exporter: all tasks run, and no worker says a word because of us."""

import pytest

from support import celery_page as shown
from support.celery_neighbours import PAIR, ROUNDS, TASKS, config, grief
from support.celery_places import await_rounds
from support.processes import Process
from support.waiting import eventually


def succeeded(page):
    return page.value("celery_task_succeeded_total", name="shop.add", queue_name="celery")


class EventDump(Process):
    """Celery's own monitor, another that listens to the events."""

    def __init__(self, app):
        super().__init__()
        self.spawn([app.python, "-m", "celery", "-A", app.application, "events", "--dump"],
                   env={**app.environment, "PYTHONUNBUFFERED": "1"}, cwd=app.folder)

    def heard(self, what):
        self.assert_running()
        return sum(1 for line in self.log().splitlines() if what in line)


@pytest.fixture
def dump():
    """Starts monitors, which listen; ends them afterwards."""
    started = []

    def start(app):
        started.append(EventDump(app))
        eventually(lambda: started[-1].heard("] heartbeat"), 30, "the monitor hears heartbeats")
        return started[-1]

    yield start
    for one in started:
        one.close()


def test_two_workers_and_a_monitor_do_as_without_us_by_default_and_with_all_calls(
        place, neighbours, start_exporter, dump):
    app = neighbours(place)
    app.open_doors(options=["--heartbeat-interval", "1"])
    monitor = dump(app)
    for heard, lines in ((TASKS, ()), (2 * TASKS, ("control: full",))):
        place.asked()
        exporter = start_exporter(config(place, *lines))
        exporter.await_page(shown.is_listening, 15, "it listens")
        asked = app.serve_beside(exporter)
        if lines:
            assert set(asked) >= {"stats", "active", "reserved"}
        elif place.kind == "redis":
            assert set(asked) <= {"ping", "active_queues"}
        exporter.await_page(lambda page: succeeded(page) == TASKS, 10, "it has counted all")
        eventually(lambda heard=heard: monitor.heard("task succeeded") == heard, 10,
                   "the monitor has heard all")
        page = exporter.page()
        assert shown.by_label(page, "celery_worker_up", "hostname") == dict.fromkeys(PAIR, 1)
        assert page.value("celery_active_worker_count", queue_name="celery") == 2
        if not lines:
            exporter.stop()
    app.serve_after(exporter)
    app.close_doors()
    assert monitor.heard("task succeeded") >= 2 * TASKS


def test_on_rabbitmq_our_queues_are_ours_alone_and_we_read_no_other(
        rabbit_place, neighbours, start_exporter):
    app = neighbours(rabbit_place)
    app.open_doors(options=["--without-mingle", "--without-gossip"])
    exporter = start_exporter(config(rabbit_place))
    exporter.await_page(shown.is_listening, 15, "it listens")
    await_rounds(rabbit_place, 1)

    def each_its_own():
        read = rabbit_place.consumers()
        assert read.pop("celery") == len(PAIR), read
        assert read and set(read.values()) == {1}, read   # Of events, and of replies.
        return True
    eventually(each_its_own, 10, "each queue has its consumers alone")
    app.serve_beside(exporter)
    app.serve_after(exporter)
    eventually(lambda: set(rabbit_place.consumers()) == {"celery"}, 15, "ours are gone")


def test_workers_that_start_after_us_or_anew_find_all_as_they_need_it(
        place, neighbours, start_exporter):
    exporter = start_exporter(config(place))
    exporter.await_page(lambda page: page.successes("celery") >= 3, 15, "it has looked around")
    app = neighbours(place)
    app.open_doors()
    app.serve_beside(exporter)
    again = app.workers[0]
    again.leave()
    assert not grief(again)
    app.worker(again.hostname, ["celery"])
    app.serve_beside(exporter)

    def both_up(page):
        up = shown.by_label(page, "celery_worker_up", "hostname")
        assert up == dict.fromkeys(PAIR, 1), up
        return True
    # Nobody declares the exchange of events for us: it is looked for every 5 s.
    exporter.await_page(both_up, 15, "both are up")
    app.serve_after(exporter)


def test_a_worker_that_is_ending_ends_what_it_runs_and_leaves_the_rest_to_the_other(
        place, neighbours, start_exporter):
    app = neighbours(place)
    app.open_doors()
    for _ in range(8):
        app.send("hold", "end")
    app.await_count("hold", "started", 4)
    exporter = start_exporter(config(place))
    await_rounds(place, 2)
    app.workers[0].child.terminate()
    await_rounds(place, ROUNDS)
    app.open("end")
    assert app.workers[0].child.wait(20) == 0
    assert not grief(app.workers[0])
    app.await_count("hold", "succeeded", 8)
    app.serve_beside(exporter)
    app.serve_after(exporter)


def test_workers_that_answer_late_lose_nothing(place, neighbours, start_exporter):
    """A worker of the solo pool answers once its task has ended: nobody waits for that any more."""
    app = neighbours(place)
    app.open_doors(pool="solo", concurrency=1)
    exporter = start_exporter(config(place))
    await_rounds(place, 1)
    for _ in range(2):
        app.send("hold", "late")
    app.await_count("hold", "started", 2)
    await_rounds(place, ROUNDS)
    exporter.stop()
    app.open("late")
    app.await_count("hold", "succeeded", 2)
    exporter = start_exporter(config(place))
    app.serve_beside(exporter)
    app.serve_after(exporter)


def test_workers_that_take_no_remote_control_are_told_by_their_events(
        place, neighbours, start_exporter):
    app = neighbours(place, worker_enable_remote_control=False)
    app.open_doors(options=["--heartbeat-interval", "1"])
    exporter = start_exporter(config(place))
    exporter.await_page(lambda page: shown.is_listening(page)
                        and page.successes("celery") >= ROUNDS, 20, "it has asked")
    app.runs(TASKS)
    exporter.await_page(lambda page: succeeded(page) == TASKS, 10, "it has counted all")
    up = shown.by_label(exporter.page(), "celery_worker_up", "hostname")
    assert up == dict.fromkeys(PAIR, 1)
    app.say_nothing()
    exporter.stop()
    app.runs(20)
    app.say_nothing()
