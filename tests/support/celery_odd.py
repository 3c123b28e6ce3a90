"""The application of celery_tasks.py with what JSON cannot write, as applications have it.

TASKS_ODD names what of it is set: "order", a class as `queue_order_strategy`; "late", an option
that takes a second to be refused; and "queue", a queue whose arguments no serializer but pickle
writes.
"""

import os
import time

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


class Late:
    """What JSON cannot write, and knows after a second."""

    def __json__(self):
        time.sleep(1)
        raise TypeError("Late is not JSON serializable")


_odd = os.environ.get("TASKS_ODD", "").split()
if "order" in _odd:
    app.conf.broker_transport_options = {"queue_order_strategy": InTurn}
if "late" in _odd:
    app.conf.broker_transport_options = {"late": Late()}
if "queue" in _odd:
    app.conf.task_queues = [Queue("celery"), Queue("odd", queue_arguments={"x-tags": {"slow"}})]
