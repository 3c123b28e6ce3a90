import pytest

from support import celery_page
from support.stack import Stack


@pytest.fixture(scope="session")
def stack():
    servers = Stack()
    yield servers
    servers.close()


@pytest.fixture(scope="module")
def exporter(stack, module_exporter):
    """Watches all of the stack, and has heard of tasks that ended in each way."""
    watching = module_exporter(stack.config)
    watching.await_page(lambda page: all(value == 1 for _, value
                                         in page.series("exporter_collector_up")), 30,
                        "every collector succeeded")
    watching.await_page(celery_page.is_listening, 30, "events are heard")
    stack.run_tasks()
    watching.await_page(lambda page: page.has("celery_task_failed_total",
                                              exception="TimeLimitExceeded"), 30,
                        "a task was killed for its time")
    return watching
