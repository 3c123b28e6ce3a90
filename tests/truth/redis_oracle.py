"""What a key holds, by the command that a person would type."""

import dataclasses
import re

import redis as library

from truth import key_group_oracle, stream_oracle
from truth.comparison import Truth

# The families of an entry without a metric of its own.
FAMILIES = {
    "all": ("redis_key_size", "redis_key_value", "redis_key_memory_usage_bytes"),
    "stream": ("redis_stream_length", "redis_stream_groups", "redis_stream_first_entry_id",
               "redis_stream_last_entry_id", "redis_stream_last_generated_id",
               "redis_stream_max_deleted_entry_id", "redis_stream_group_consumers",
               "redis_stream_group_messages_pending", "redis_stream_group_lag",
               "redis_stream_group_last_delivered_id", "redis_stream_group_entries_read",
               "redis_stream_group_consumer_messages_pending"),
    "groups": ("redis_key_group_count", "redis_key_group_memory_usage_bytes",
               "redis_number_of_distinct_key_groups"),
}
LENGTHS = {b"string": "STRLEN", b"list": "LLEN", b"set": "SCARD", b"zset": "ZCARD", b"hash": "HLEN",
           b"stream": "XLEN"}
NUMBER = re.compile(rb"-?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")


@dataclasses.dataclass
class Key:
    key: object
    database: int
    user: str
    value: str = ""
    field: str = ""
    factor: float = 1
    on_missing: str = "drop"


@dataclasses.dataclass
class Pattern:
    glob: str
    groups: dict    # From a key to the labels that its name gives.
    database: int
    user: str
    value: str = ""
    field: str = ""


@dataclasses.dataclass
class Streams:
    """Those among keys, by a pattern."""

    keys: tuple
    database: int
    user: str
    value: str = "stream"


@dataclasses.dataclass
class Groups:
    """All keys of the databases, in groups that the first matching pattern names."""

    patterns: tuple
    databases: tuple
    user: str
    most: int
    with_memory: bool
    value: str = "groups"


class Unknown(Exception):
    """There is something, and it is no number, or may not be asked."""


def number(text):
    if text is None:
        return None
    if not NUMBER.fullmatch(text) or abs(float(text)) == float("inf"):
        raise Unknown(f"{text[:70]} is no number")
    return float(text)


def length(client, key):
    kind = client.type(key)
    if kind == b"none":
        return None
    if kind == b"string" and client.getrange(key, 0, 3) == b"HYLL":
        try:
            return client.pfcount(key)
        except library.ResponseError:
            pass   # A text that begins like one.
    return client.execute_command(LENGTHS[kind], key)


def value(client, key, question):
    """None if there is none."""
    try:
        if question.value == "string":
            return number(client.get(key))
        if question.value == "hash":
            return number(client.hget(key, question.field))
        if question.value == "memory":
            return client.memory_usage(key)
        return length(client, key)
    except library.ResponseError as error:
        raise Unknown(str(error)) from error


def truth(clients, question):
    """`clients` by user and database."""
    if isinstance(question, Groups):
        return key_group_oracle.truth(
            {database: clients[question.user, database] for database in question.databases},
            question)
    client = clients[question.user, question.database]
    try:
        of_kind = {Pattern: _of_pattern, Streams: _of_streams}.get(type(question)) or {
            "all": _of_all, "stream": _of_stream}.get(question.value)
        if of_kind:
            return of_kind(client, question)
        found = value(client, question.key, question)
    except (Unknown, library.ResponseError) as error:
        return Truth({}, str(error))
    if found is None:
        return Truth({frozenset(): 0.0} if question.on_missing == "zero" else {})
    return Truth({frozenset(): found * question.factor})


def _of_pattern(client, question):
    keys = client.keys(question.glob)
    if question.value == "count":
        return Truth({frozenset(): float(len(keys))})
    sums, unknown = {}, {}
    for key in keys:
        labels = question.groups[key]
        try:
            found = value(client, key, question)
        except Unknown as error:
            unknown[labels] = str(error)
            continue
        if found is not None:
            sums[labels] = sums.get(labels, 0) + found
    known = {labels: total for labels, total in sums.items() if labels not in unknown}
    return Truth(known, "; ".join(unknown.values()))


def _of_all(client, question):
    size = length(client, question.key)
    found = {"redis_key_size": size or 0}
    if size is not None:
        found["redis_key_memory_usage_bytes"] = client.memory_usage(question.key)
    if size is not None and client.type(question.key) == b"string":
        try:
            found["redis_key_value"] = number(client.get(question.key))
        except Unknown:
            pass   # A text is no fault here.
    return Truth({frozenset({("family", family)}): float(one) for family, one in found.items()})


def _of_stream(client, question):
    return Truth(stream_oracle.values(client, question.key))


def _of_streams(client, question):
    found, refused = {}, []
    for key in question.keys:
        try:
            if client.type(key) == b"stream":
                found |= {labels | {("stream", key)}: one
                          for labels, one in stream_oracle.values(client, key).items()}
        except library.ResponseError as error:
            refused.append(str(error))
    return Truth(found, "; ".join(refused))
