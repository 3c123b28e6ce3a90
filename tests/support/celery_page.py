"""What a page says of Celery, in the form in which the tests know the truth."""

import collections

TASK_EVENTS = ("sent", "received", "started", "succeeded", "failed", "rejected", "revoked",
               "retried")
# Those that exist at 0 from a task's first event on.
ZEROED = tuple(event for event in TASK_EVENTS if event != "failed")

_CONFIG = """
global: {{interval: {interval}, timeout: {interval}, stale_after: 1m}}
collectors:
  - type: celery
    url: "{url}"
"""


def config(url, *lines, interval="700ms", control_interval="500ms"):
    """A configuration of one collector; the lines are options of it."""
    if "control: false" not in lines:
        lines = (*lines, f"control_interval: {control_interval}", "control_timeout: 250ms")
    return (_CONFIG.format(url=url, interval=interval)
            + "".join(f"    {line}\n" for line in lines))


def is_listening(page):
    """Every collector of the page does."""
    streams = page.series("celery_event_stream_up")
    return bool(streams) and all(value == 1 for _, value in streams)


def counters(page):
    """Counter of (event, name, queue) of what is not 0; of failed ones (.., exception)."""
    found = collections.Counter()
    for event in TASK_EVENTS:
        for labels, value in page.series(f"celery_task_{event}_total"):
            key = (event, labels["name"], labels["queue_name"])
            found[key + ((labels["exception"],) if event == "failed" else ())] += int(value)
    return +found


def missing_zeros(page):
    """Of tasks that are known by one event: the families that do not have them."""
    known = {(name, queue) for _, name, queue, *_ in counters(page)}
    return [(event, *task) for task in known for event in ZEROED
            if not page.has(f"celery_task_{event}_total", name=task[0], queue_name=task[1])]


def depths(page):
    """{(queue, state): depth}; the zeros only of waiting."""
    return {(labels["queue"], labels["state"]): int(value)
            for labels, value in page.series("queue_depth", system="celery")
            if value or labels["state"] == "waiting"}


def by_label(page, name, label):
    """{value of the label: value of the series}"""
    return {labels[label]: value for labels, value in page.series(name)}


def counts(page, histogram):
    """How many a histogram of tasks has seen, by (name, queue), the zeros left out."""
    found = collections.Counter()
    for labels, value in page.series(f"{histogram}_count"):
        found[labels["name"], labels["queue_name"]] += int(value)
    return +found
