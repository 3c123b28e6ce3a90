"""Applications whose workers a control call can stop for good: by default none is ever made."""

import pytest

from support import celery_page as shown
from support.celery_neighbours import TASKS, config, grief
from support.celery_places import await_rounds
from support.servers import RABBITMQ_PASSWORD, REDIS_PASSWORD
from support.waiting import eventually

ROUNDS = 10   # Of those stories in which nothing may be asked: collections.
THINGS = 10   # More than run at a time, fewer than are prefetched.

# What Celery needs of its own Redis, and no more.
ACL_KEYS = ("~celery*", "~_kombu*", "~unacked*", "~*.celery.pidbox*")
ACL_COMMANDS = ("-@all", "+@read", "+@write", "+@transaction", "+@pubsub", "+@connection",
                "+info", "+@scripting", "+time")   # The last two are of 5.7.


def test_tasks_with_arguments_that_json_cannot_write(place, neighbours, start_exporter):
    """`active` and `reserved` answer with arguments."""
    app = neighbours(place, accept_content=["json", "pickle"])
    app.open_doors()
    for _ in range(THINGS):
        app.ask("thing", "things", {})
    app.await_count("hold", "started", 4)
    exporter = start_exporter(config(place))
    await_rounds(place, 5)
    app.open("things")
    app.await_count("hold", "succeeded", THINGS)
    app.serve_beside(exporter, rounds=1)
    app.serve_after(exporter)


def test_a_class_among_the_options_of_the_transport(redis_place, neighbours, start_exporter):
    """`stats` answers with these options."""
    app = neighbours(redis_place, odd="order")
    app.open_doors()
    exporter = start_exporter(config(redis_place))
    app.serve_beside(exporter)
    app.serve_after(exporter)


def later(app):
    """Tasks of two priorities in a queue that nobody serves; how many."""
    for priority in (0, 0, 6):
        app.send("add", 1, 2, queue="later", priority=priority)
    return 3


def with_separator(neighbours, place):
    app = neighbours(place, broker_transport_options={"sep": ":"})
    app.open_doors()
    return app, later(app)


def test_another_separator_is_a_reason_to_ask_nothing(redis_place, neighbours, start_exporter):
    app, waiting = with_separator(neighbours, redis_place)
    redis_place.asked()
    exporter = start_exporter(config(redis_place))
    exporter.await_page(lambda page: collections_of(page) >= ROUNDS, 20, "it has looked often")
    assert not redis_place.asked()
    told = [line for line in exporter.log().splitlines() if "sep" in line]
    assert len(told) == 1, exporter.log()
    page = exporter.page()
    for labels, value in page.series("celery_queue_length", queue_name="later"):
        assert value == waiting, labels
    app.runs(TASKS)
    app.answers()
    app.say_nothing()
    assert set(redis_place.asked()) == {"ping"}   # By answers().
    app.serve_after(exporter)


def test_the_separator_that_workers_use_is_an_option(redis_place, neighbours, start_exporter):
    app, waiting = with_separator(neighbours, redis_place)
    exporter = start_exporter(config(redis_place, 'sep: ":"'))
    app.serve_beside(exporter)

    def found(page):
        assert page.value("celery_queue_length", queue_name="later") == waiting
        assert page.value("celery_active_worker_count", queue_name="celery") == 2
        return page.value("celery_queue_length", queue_name="celery") == 0
    exporter.await_page(found, 10, "the depths are right")
    app.serve_after(exporter)


def collections_of(page):
    return sum(value for _, value in page.series("exporter_collector_collections_total",
                                                 collector="celery"))


def worker_user(place, keys):
    """A user of Redis for the workers; its URL."""
    user = f"worker{place.database}"
    place.server.command("ACL", "SETUSER", user, "reset", "on", f">{REDIS_PASSWORD}", *keys,
                         "&*", *ACL_COMMANDS)
    place.server.command("ACL", "LOG", "RESET")
    return place.server.url(user=user, database=place.database)


def serve_within_their_rights(app, place, start_exporter, *lines):
    app.open_doors()
    app.runs(4)
    app.answers()
    assert place.server.command("ACL", "LOG") == [], "the rule is too small for Celery itself"
    exporter = start_exporter(config(place, *lines))
    app.serve_beside(exporter)
    exporter.await_page(lambda page: page.value("celery_active_worker_count",
                                                queue_name="celery") == 2, 10, "they have answered")
    app.serve_after(exporter)
    assert place.server.command("ACL", "LOG") == []


def test_workers_that_may_touch_what_celery_needs_alone(redis_place, neighbours, start_exporter):
    app = neighbours(redis_place, worker_url=worker_user(redis_place, ACL_KEYS))
    serve_within_their_rights(app, redis_place, start_exporter)


def test_workers_that_may_touch_their_prefix_alone(redis_place, neighbours, start_exporter):
    app = neighbours(redis_place, worker_url=worker_user(redis_place, ["~shop_*"]),
                     broker_transport_options={"global_keyprefix": "shop_"})
    serve_within_their_rights(app, redis_place, start_exporter, "global_keyprefix: shop_")


def test_workers_that_may_use_exchanges_of_celery_alone(rabbit_place, neighbours, start_exporter):
    server, vhost = rabbit_place.server, rabbit_place.vhost
    server.make_user("worker", RABBITMQ_PASSWORD)
    celerys = r"^(celery|celeryev|.*celery\.pidbox|celeryev\..*)$"
    server.permit("worker", vhost, configure=celerys, write=celerys, read=celerys)
    app = neighbours(rabbit_place, worker_url=server.url(user="worker", vhost=vhost))
    app.open_doors()
    app.runs(4)
    app.answers()
    app.say_nothing()
    exporter = start_exporter(config(rabbit_place))
    app.serve_beside(exporter)
    app.serve_after(exporter)


def told_of_pickle(exporter, word=""):
    """Lines of the exporter's log that name pickle as messages do, and hold the word."""
    return [line for line in exporter.log().splitlines()
            if "application/x-python-serialize" in line and word in line]


@pytest.mark.parametrize("accepted", [["pickle"], ["json", "pickle"]], ids=" and ".join)
def test_everything_pickled_is_said_once_and_asked_no_more(
        place, neighbours, start_exporter, accepted):
    """What we send is JSON: who takes pickle alone complains of it until we have heard of him."""
    app = neighbours(place, accept_content=accepted, task_serializer="pickle",
                     result_serializer="pickle", event_serializer="pickle")
    app.open_doors(options=["--without-mingle", "--without-gossip", "--heartbeat-interval", "1"])
    place.asked()
    exporter = start_exporter(config(place))
    eventually(lambda: told_of_pickle(exporter, "asked"), 20, "it says why it asks no more")
    asked = sum(place.asked().values())
    before = collections_of(exporter.page())
    exporter.await_page(lambda page: collections_of(page) >= before + ROUNDS, 20, "it goes on")
    assert not place.asked()
    assert len(told_of_pickle(exporter, "asked")) == 1
    assert len(told_of_pickle(exporter)) <= 2, exporter.log()   # Of asking, and of events.
    assert "no worker replied" not in exporter.log()
    app.runs(TASKS)
    app.answers()
    if "json" in accepted:
        app.say_nothing()
    for worker in app.workers:
        refused = [line for line in grief(worker) if "CRITICAL/" in line]
        assert len(refused) <= asked, refused
    exporter.stop()
    app.runs(20)
    app.answers()
