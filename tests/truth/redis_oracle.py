"""What a key holds, by the command that a person would type."""

import dataclasses
import re

import redis as library

from truth.comparison import Truth

# The families of an entry without a metric of its own.
FAMILIES = {
    "all": ("redis_key_size", "redis_key_value", "redis_key_memory_usage_bytes"),
    "stream": ("redis_stream_length", "redis_stream_groups", "redis_stream_group_consumers",
               "redis_stream_group_messages_pending", "redis_stream_group_lag"),
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


def truth(client, question):
    try:
        if isinstance(question, Pattern):
            return _of_pattern(client, question)
        if question.value in FAMILIES:
            return {"all": _of_all, "stream": _of_stream}[question.value](client, question)
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


def _order(identifier):
    return tuple(map(int, identifier.split(b"-")))


def lag_of(client, key, group):
    """How many entries the group has yet to read; None where one look cannot tell.

    The server's own count says whether it can be told, and never how many.
    """
    delivered, length = group["last-delivered-id"], client.xlen(key)
    rest = len(client.xrange(key, min=b"(" + delivered))
    stream = client.xinfo_stream(key)
    if rest == length > 0 or _order(delivered) >= _order(stream["last-generated-id"]):
        return rest
    told, read = group["lag"], group["entries-read"]
    has_deleted = stream["max-deleted-entry-id"] != b"0-0"
    agrees = told is not None and (told == 0 or has_deleted and told + group["pending"] == length
                                   or read is not None and told + read == length)
    return rest if agrees else None


def _of_stream(client, question):
    found = {frozenset({("family", "redis_stream_length")}): float(client.xlen(question.key))}
    groups = client.xinfo_groups(question.key)
    found[frozenset({("family", "redis_stream_groups")})] = float(len(groups))
    for group in groups:
        shown = {"consumers": group["consumers"], "messages_pending": group["pending"],
                 "lag": lag_of(client, question.key, group)}
        for name, one in shown.items():
            if one is not None:
                found[frozenset({("family", f"redis_stream_group_{name}"),
                                 ("group", group["name"].decode())})] = float(one)
    return Truth(found)
