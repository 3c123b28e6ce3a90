"""How many jobs a queue has in each state, by its own library or by plain commands."""

import dataclasses
import math
import time

import redis as library

from truth.comparison import Truth
from truth.lot import age
from truth.stream_oracle import lag_of, order


@dataclasses.dataclass
class Plain:
    key: str
    system: str
    group: str = ""    # Of a stream; without it each of its groups.


@dataclasses.dataclass
class OfLibrary:
    name: str
    system: str
    script: str
    states: dict       # What is made.
    more: tuple = ()   # What else the script is told.


# Those whose oldest entry the oracle knows.
AGED = ("redis_zset", "redis_stream", "arq", "dramatiq")


def truth(client, question, states, collected):
    """The states, and by `metric` what else is known; the page was made at `collected`."""
    if isinstance(question, OfLibrary):
        return Truth(_values(states[question.name], collected) | length(question, states))
    try:
        return Truth({"redis_list": _of_list, "redis_zset": _of_zset,
                      "redis_stream": _of_stream}[question.system](client, question, collected))
    except library.ResponseError as error:
        return Truth({}, str(error))


def _values(counts, collected):
    since = counts.get("since")
    values = {frozenset({("state", state)}): float(count) for state, count in counts.items()
              if count is not None and state not in ("since", "consumers")}
    if counts.get("consumers") is not None:
        values[frozenset({("metric", "consumers")})] = float(counts["consumers"])
    if since is not None and math.isfinite(since):
        values[frozenset({("metric", "oldest_age_seconds")})] = age(since, collected)
    return values


def length(question, states):
    """Of a queue of Celery there is one number more."""
    if question.system != "celery":
        return {}
    return {frozenset({("metric", "length")}): float(states[question.name]["waiting"])}


def _of_list(client, question, collected):
    return _values({"waiting": client.llen(question.key)}, collected)


def _of_zset(client, question, collected):
    now = time.time()
    first = client.zrangebyscore(question.key, "-inf", now, 0, 1, withscores=True)
    return _values({"waiting": client.zcount(question.key, "-inf", now),
                    "scheduled": client.zcount(question.key, f"({now}", "+inf"),
                    "since": first[0][1] if first else None}, collected)


def _of_stream(client, question, collected):
    if not client.exists(question.key):
        return _values({"waiting": 0, "active": 0, "consumers": 0} if question.group else {},
                       collected)
    values = {}
    for group in client.xinfo_groups(question.key):
        name = group["name"].decode()
        pending = client.xpending_range(question.key, name, "-", "+", 100_000)
        ids = sorted(order(one["message_id"]) for one in pending)
        found = _values({"waiting": lag_of(client, question.key, group),
                         "active": len(ids),
                         "consumers": len(client.xinfo_consumers(question.key, name)),
                         "since": ids[0][0] / 1000 if ids else None}, collected)
        if not question.group:
            values |= {labels | {("group", name)}: value for labels, value in found.items()}
        elif name == question.group:
            values |= found
    return values
