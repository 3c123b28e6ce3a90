"""Events that are not JSON: what they are is said, and what rests on them is never 0."""

import pytest

from support import celery_page as shown
from support.celery_app import DEBIAN, CeleryApp
from support.redis_servers import RedisServer
from support.waiting import eventually

WORKER = "one@box"
TYPES = {"pickle": "application/x-python-serialize", "yaml": "application/x-yaml"}
# A worker that is heard by its replies alone is down after twice control_interval and 10 s.
BEATS = 8
# What rests on events; of these the ones may be 1.
ONES = ("celery_worker_up", "celery_active_worker_count")
HEARD = (*ONES, "celery_worker_tasks_active", "celery_worker_tasks_processed_total",
         "celery_tasks_in_progress", "celery_task_sent_total", "celery_task_succeeded_total")


@pytest.fixture(params=["redis", "rabbitmq"])
def url(request):
    if request.param == "redis":
        server = RedisServer()
        yield server.url()
        server.close()
    else:
        server = request.getfixturevalue("rabbitmq")
        server.make_vhost("foreign")
        yield server.url(vhost="foreign")


def test_a_worker_that_is_heard_beside_them_is_down_when_it_ends(url, start_exporter, monkeypatch):
    monkeypatch.setenv("C_FORCE_ROOT", "1")
    pickled = CeleryApp(DEBIAN, url, event_serializer="pickle")
    plain = CeleryApp(DEBIAN, url)
    try:
        pickled.worker("other@box", ["mails"], concurrency=1)
        exporter = start_exporter(shown.config(url, "queues: [orders]", "worker_timeout: 6s",
                                               "control: false"))
        exporter.await_page(lambda page: page.value("celery_events_malformed_total") >= 1, 30,
                            "the other one's events have come")
        worker = plain.worker(WORKER, ["orders"], concurrency=1)

        def up(page):
            return [value for _, value in page.series("celery_worker_up", hostname=WORKER)]
        exporter.await_page(lambda page: up(page) == [1], 30, "it is heard")
        worker.kill()
        exporter.await_page(lambda page: up(page) == [0], 30, "it is down")
    finally:
        plain.close()
        pickled.close()


@pytest.mark.parametrize("serializer", TYPES)
def test_events_that_are_not_json_are_named_and_nothing_is_taken_for_0(
        url, start_exporter, monkeypatch, serializer):
    monkeypatch.setenv("C_FORCE_ROOT", "1")   # Or a worker of root refuses pickle.
    app = CeleryApp(DEBIAN, url, event_serializer=serializer)
    try:
        app.worker(WORKER, ["orders"], concurrency=1)
        app.send("add", 1, 2)
        app.await_count("add", "succeeded", 1)
        exporter = start_exporter(shown.config(url, "queues: [orders]", "worker_timeout: 2s"))

        def is_said():
            lines = [line for line in exporter.log().splitlines() if "part=events" in line]
            assert any(TYPES[serializer] in line and "event_serializer = 'json'" in line
                       for line in lines), lines
            return True
        eventually(is_said, 20, "what came and what would be right is said")

        wrong = set()

        def has_passed(page):
            found = {f"{name} {value}" for name in HEARD for _, value in page.series(name)}
            wrong.update(found - {f"{name} 1.0" for name in ONES})
            return page.value("celery_events_malformed_total") >= BEATS
        exporter.await_page(has_passed, 60, "it is there for longer than a reply is good")
        assert not wrong
        page = exporter.page()
        assert page.value("celery_event_stream_up") == 0
        assert page.value("celery_queue_length", queue_name="orders") == 0
        assert not page.has("celery_active_worker_count")
        assert not page.has("celery_worker_up"), "no reply is new enough"
        assert page.value("celery_event_stream_down_seconds_total") > BEATS
        assert "no worker is heard" not in exporter.log()
    finally:
        app.close()
