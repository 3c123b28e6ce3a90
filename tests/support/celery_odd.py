"""The application of celery_tasks.py with what JSON cannot write, as applications have it.

TASKS_ODD names what of it is set: "order", a class as `queue_order_strategy`, and "queue", a queue
whose arguments no serializer but pickle writes.
"""

import os

from kombu import Queue
from kombu.utils.scheduling import round_robin_cycle

from support.celery_tasks import app, hold   # pylint: disable=unused-import


class Thing:
    """An argument of a task, written by pickle alone. A gate's name, as hold() takes it."""

    def __init__(self, gate):
        self.gate = gate

    def __fspath__(self):
        return self.gate


class InTurn(round_robin_cycle):
    """An order of queues."""


_odd = os.environ.get("TASKS_ODD", "").split()
if "order" in _odd:
    app.conf.broker_transport_options = {"queue_order_strategy": InTurn}
if "queue" in _odd:
    app.conf.task_queues = [Queue("celery"), Queue("odd", queue_arguments={"x-tags": {"slow"}})]
