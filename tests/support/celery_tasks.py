"""The Celery application of the tests; workers and producers of every version run it.

Each task writes to the journal what it does, so that a test knows the truth without Celery.
It says when it begins and how it is about to end. Nothing sleeps until a time: what is to take
long waits for a file of the gates' folder.
"""

import json
import os
import pathlib
import time

from celery import Celery
from celery.exceptions import Ignore, Reject
from kombu import Exchange, Queue

JOURNAL = pathlib.Path(os.environ["TASKS_JOURNAL"])
GATES = pathlib.Path(os.environ["TASKS_GATES"])

app = Celery("shop", broker=os.environ["TASKS_BROKER"])
app.conf.update(
    task_default_queue="orders",
    task_send_sent_event=True,
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_hijack_root_logger=False)
# Settings of one test; `queues` as {name: arguments of its declaration}.
_settings = json.loads(os.environ.get("TASKS_SETTINGS", "{}"))
_queues = _settings.pop("queues", {})
app.conf.update(_settings)
if _queues:
    app.conf.task_queues = [Queue(name, Exchange(name, type="direct"), routing_key=name,
                                  queue_arguments=arguments) for name, arguments in
                            _queues.items()]


def _note(task, what):
    line = json.dumps([task.name, task.request.id, what, time.time()]) + "\n"
    journal = os.open(JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(journal, line.encode())   # At once: pools of several workers write.
    os.close(journal)


@app.task(bind=True, name="shop.add")
def add(self, one, other):
    _note(self, "started")
    _note(self, "succeeded")
    return one + other


@app.task(bind=True, name="shop.hold")
def hold(self, gate):
    """Runs until the gate opens."""
    _note(self, "started")
    while not (GATES / gate).exists():
        time.sleep(0.01)
    _note(self, "succeeded")


@app.task(bind=True, name="shop.late", acks_late=True)
def late(self, gate):
    """As hold, and acknowledged only at its end."""
    _note(self, "started")
    while not (GATES / gate).exists():
        time.sleep(0.01)
    _note(self, "succeeded")


@app.task(bind=True, name="shop.boom")
def boom(self, kind):
    _note(self, "started")
    _note(self, "failed")
    raise {"ValueError": ValueError, "KeyError": KeyError}[kind]("no (such) order")


@app.task(bind=True, name="shop.retry", max_retries=5)
def retry(self, times):
    """Fails so often, and then succeeds."""
    _note(self, "started")
    if self.request.retries < times:
        _note(self, "retried")
        raise self.retry(countdown=0)
    _note(self, "succeeded")


@app.task(bind=True, name="shop.reject", acks_late=True)
def reject(self):
    """Late, for what is acknowledged cannot be rejected: Celery then sends no event at all."""
    _note(self, "started")
    _note(self, "rejected")
    raise Reject("unwanted", requeue=False)


@app.task(bind=True, name="shop.ignore")
def ignore(self):
    """Ends without any event."""
    _note(self, "started")
    raise Ignore


@app.task(bind=True, name="shop.slow")
def slow(self):
    """Runs into its time limit."""
    _note(self, "started")
    _note(self, "failed")
    time.sleep(60)
