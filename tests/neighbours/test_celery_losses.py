"""Workers whose reply no serializer writes, which stops them before Celery 5.7: one at most.

By default that takes a queue whose declared arguments JSON cannot write; with `control: full` any
argument of a task, or an option of the transport, is enough.
"""

import pytest

from support.celery_neighbours import TASKS, config
from support.waiting import eventually

QUIET = ("--without-mingle", "--without-gossip", "--without-heartbeat")
TRIO = ("one@box", "two@box", "three@box")
SERVED = ["celery", "odd"]
REASONS = ("listens to nobody", "has never replied", "may have been stopped",
           "answers some control calls and not all", "replies no more")
# A round of control calls each, and the judgement of one that lives and does not reply.
JUDGED = 40


def hurt(*apps):
    """The workers that could not write a reply."""
    return [worker.hostname for app in apps for worker in app.workers
            if "EncodeError" in worker.log() or "is not JSON serializable" in worker.log()]


def is_said(exporter):
    return any(reason in exporter.log() for reason in REASONS)


def await_collections(exporter, count):
    """So many more, each of which could have asked."""
    before = exporter.page().successes("celery")
    exporter.await_page(lambda page: page.successes("celery") >= before + count, 30, "it goes on")


def odd_workers(neighbours, place, names=TRIO, options=("--without-mingle",), **more):
    app = neighbours(place, odd="queue")
    app.open_doors(names, SERVED, options, **more)
    return app


def test_of_workers_of_one_application(redis_place, neighbours, start_exporter):
    app = odd_workers(neighbours, redis_place)
    redis_place.asked()
    exporter = start_exporter(config(redis_place))
    eventually(lambda: is_said(exporter), JUDGED, "the reason is in the log")
    assert set(redis_place.asked()) <= {"active_queues", "ping"}
    await_collections(exporter, 5)
    eventually(lambda: set(redis_place.asked()) <= {"ping"}, 20,
               "none is asked, but for a call for nobody by which is counted who listens")
    assert len(hurt(app)) == 1
    app.runs(TASKS)


def test_beside_workers_of_another_application(redis_place, neighbours, start_exporter):
    good = neighbours(redis_place, task_default_queue="plain")
    good.open_doors(("a@plain", "z@plain"), ["plain"])
    app = odd_workers(neighbours, redis_place)
    exporter = start_exporter(config(redis_place))
    eventually(lambda: is_said(exporter), JUDGED, "the reason is in the log")
    await_collections(exporter, 5)
    assert len(hurt(app, good)) == 1
    app.runs(TASKS)
    good.runs(TASKS)
    good.say_nothing()


@pytest.mark.parametrize("lines", [(), ("events: false",)], ids=["events", "no events"])
def test_of_workers_without_heartbeats(redis_place, neighbours, start_exporter, lines, version):
    app = odd_workers(neighbours, redis_place, options=QUIET)
    exporter = start_exporter(config(redis_place, *lines))
    if version == "5.7":   # None is stopped, and so none is told from a busy one.
        await_collections(exporter, 20)
    else:
        eventually(lambda: is_said(exporter), JUDGED, "the reason is in the log")
        await_collections(exporter, 5)
        assert len(hurt(app)) == 1
    app.runs(TASKS)


def test_of_exporters_that_start_again_and_again(redis_place, neighbours, start_exporter):
    app = odd_workers(neighbours, redis_place)
    for _ in range(4):
        exporter = start_exporter(config(redis_place))
        await_collections(exporter, 20)   # 10 s: heartbeats have come.
        exporter.stop()
    assert len(hurt(app)) == 1
    app.runs(TASKS)


def test_of_two_exporters(redis_place, neighbours, start_exporter):
    app = odd_workers(neighbours, redis_place, (*TRIO, "four@box"))
    pair = [start_exporter(config(redis_place)) for _ in range(2)]
    eventually(lambda: any(is_said(exporter) for exporter in pair), JUDGED, "it is in a log")
    for exporter in pair:
        await_collections(exporter, 20)
    assert 1 <= len(hurt(app)) <= len(pair)
    app.runs(TASKS)


def test_of_workers_that_were_busy_when_they_were_asked(redis_place, neighbours, start_exporter):
    """A worker of the solo pool reads the call when its task ends, much later."""
    app = odd_workers(neighbours, redis_place, options=QUIET, pool="solo", concurrency=1)
    for _ in TRIO:
        app.send("hold", "late", queue="celery")
    app.await_count("hold", "started", 3)
    exporter = start_exporter(config(redis_place))
    await_collections(exporter, 30)
    app.open("late")
    app.await_count("hold", "succeeded", 3)
    await_collections(exporter, 10)
    assert len(hurt(app)) <= 1
    app.runs(TASKS)


@pytest.mark.parametrize("options", [("--without-mingle",), QUIET], ids=["heartbeats", "quiet"])
def test_healthy_workers_that_are_killed_and_replaced_are_counted(
        redis_place, neighbours, start_exporter, options):
    """A killed worker leaves its mailbox, and one fewer listens: nobody is blamed for it."""
    app = neighbours(redis_place)
    app.open_doors(TRIO, options=options)
    exporter = start_exporter(config(redis_place, "worker_timeout: 6s"))

    def three(page):
        return page.value("celery_active_worker_count", queue_name="celery") == 3
    exporter.await_page(three, 20, "all have replied")
    for number, worker in enumerate(app.workers[:3]):
        worker.kill()
        await_collections(exporter, 4)
        app.worker(f"next-{number}@box", ["celery"], options=options)
        await_collections(exporter, 4)
    exporter.await_page(three, 40, "the new ones have")
    app.runs(TASKS)
    app.say_nothing()
    assert not is_said(exporter), exporter.log()


def test_of_a_deployment_under_the_same_names(redis_place, neighbours, start_exporter):
    before = neighbours(redis_place)
    before.open_doors(TRIO)
    exporter = start_exporter(config(redis_place))
    exporter.await_page(lambda page: page.value("celery_active_worker_count",
                                                queue_name="celery") == 3, 20, "all have replied")
    before.say_nothing()
    for worker in before.workers:
        worker.leave()
    app = odd_workers(neighbours, redis_place)
    await_collections(exporter, 30)
    assert len(hurt(app)) <= 1
    app.runs(TASKS)


def test_of_all_calls_a_class_among_the_options(place, neighbours, start_exporter, version):
    """`stats` answers with the options of the transport, which RabbitMQ's does not have."""
    app = neighbours(place, odd="order" if place.kind == "redis" else "")
    app.open_doors()
    exporter = start_exporter(config(place, "control: full"))
    await_collections(exporter, 10)
    app.runs(TASKS)
    if place.kind == "redis" and version != "5.7":
        eventually(lambda: is_said(exporter), JUDGED, "the reason is in the log")
        assert len(hurt(app)) == 1, exporter.log()
    elif place.kind == "rabbitmq":
        app.say_nothing()


def test_of_all_calls_an_option_that_is_refused_after_we_waited(redis_place, neighbours,
                                                                start_exporter, version):
    """A worker answers the first call, and is still at the next one when its time is over."""
    app = neighbours(redis_place, odd="late")
    app.open_doors(TRIO)
    exporter = start_exporter(config(redis_place, "control: full"))
    await_collections(exporter, 20)
    app.runs(TASKS)
    if version != "5.7":
        assert len(hurt(app)) == 1


def test_of_all_calls_an_argument_of_a_task(place, neighbours, start_exporter, version):
    """`active` answers with arguments of tasks that run, here in each worker."""
    app = neighbours(place, accept_content=["json", "pickle"], worker_prefetch_multiplier=1)
    app.open_doors(TRIO)
    # Each worker runs two and keeps two more at most, so that all three have some.
    for _ in range(12):
        app.ask("thing", "things", {})
    app.await_count("hold", "started", 6)
    exporter = start_exporter(config(place, "control: full"))
    await_collections(exporter, 20)
    app.open("things")
    app.await_count("hold", "succeeded", 12)
    app.runs(TASKS)
    if place.kind == "redis" and version != "5.7":
        eventually(lambda: is_said(exporter), JUDGED, "the reason is in the log")
        assert len(hurt(app)) == 1, exporter.log()
