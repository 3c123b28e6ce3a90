"""A RabbitMQ that lets nobody publish, so that no worker can be heard."""

from support import celery_page as shown
from support.celery_app import NEWEST, CeleryApp

WORKER = "one@box"
TIMEOUT = 5   # Seconds.


def state(page):
    """1, 0 or unknown."""
    if not page.has("celery_worker_up", hostname=WORKER):
        return "unknown"
    return page.value("celery_worker_up", hostname=WORKER)


def test_a_worker_that_may_not_publish_is_not_down(own_rabbitmq, start_exporter):
    app = CeleryApp(NEWEST, own_rabbitmq.url())
    try:
        app.worker(WORKER, ["orders"], concurrency=1)
        exporter = start_exporter(shown.config(own_rabbitmq.url(), "queues: [orders]",
                                               f"worker_timeout: {TIMEOUT}s"))
        exporter.await_page(lambda page: state(page) == 1, 20, "the worker is up")
        own_rabbitmq.limit_memory(1)
        seen = set()

        def is_unknown(page):
            seen.add(state(page))
            return "unknown" in seen
        exporter.await_page(is_unknown, 40, "the worker is unknown")
        assert seen <= {1, "unknown"}
        assert "lets nobody publish" in exporter.log()
        assert exporter.page().value("celery_queue_length", queue_name="orders") == 0
        own_rabbitmq.limit_memory(512)
        exporter.await_page(lambda page: state(page) == 1, 40, "the worker is up again")
    finally:
        app.close()
