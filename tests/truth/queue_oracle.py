"""How many jobs a queue has in each state, by its own library or by plain commands."""

import dataclasses
import time

import redis as library

from truth.comparison import Truth
from truth.redis_oracle import lag_of


@dataclasses.dataclass
class Plain:
    key: str
    system: str


@dataclasses.dataclass
class OfLibrary:
    name: str
    system: str
    script: str
    states: dict    # What is made.


def truth(client, question, states):
    if isinstance(question, OfLibrary):
        return _of(states[question.name])
    try:
        return _of({"redis_list": _of_list, "redis_zset": _of_zset,
                    "redis_stream": _of_stream}[question.system](client, question.key))
    except library.ResponseError as error:
        return Truth({}, str(error))


def _of(counts):
    return Truth({frozenset({("state", state)}): float(count)
                  for state, count in counts.items() if count is not None})


def _of_list(client, key):
    return {"waiting": client.llen(key)}


def _of_zset(client, key):
    now = time.time()
    return {"waiting": client.zcount(key, "-inf", now),
            "scheduled": client.zcount(key, f"({now}", "+inf")}


def _of_stream(client, key):
    if not client.exists(key):
        return {"waiting": 0, "active": 0}
    group, = client.xinfo_groups(key)
    return {"waiting": lag_of(client, key, group), "active": group["pending"]}
