"""The groups that all keys of a Redis fall into, key by key."""

import re

import redis as library

from truth.comparison import Truth


def truth(clients, question):
    """`clients` by database."""
    sizes, refused = {}, set()
    for database in question.databases:
        client = clients[database]
        sizes[database] = dict.fromkeys(client.keys("*"), 0)
        for key in sizes[database] if question.with_memory else ():
            try:
                sizes[database][key] = client.memory_usage(key)
            except library.ResponseError as error:
                refused.add(str(error))
    return of_sizes(sizes, question, "; ".join(refused))


def of_sizes(sizes, question, refused=""):
    """Of the keys of each database, and how much memory each takes, unless that is refused."""
    has_memory = question.with_memory and not refused
    values = {}
    for database, found in sizes.items():
        sums = {}
        for key, size in found.items():
            name = _group_name(key, question.patterns)
            keys, memory = sums.get(name, (0, 0))
            sums[name] = (keys + 1, memory + size * has_memory)
        values |= {labels | {("db", f"db{database}")}: float(one)
                   for labels, one in _largest(sums, question.most, has_memory).items()}
    return Truth(values, refused)


def _group_name(key, patterns):
    found = filter(None, (re.search(pattern.encode(), key) for pattern in patterns))
    match = next(found, None)
    return b"".join(part or b"" for part in match.groups()).decode() if match else "unclassified"


def _largest(sums, most, has_memory):
    """The series of one database's groups, by their keys and memory."""
    order_of = {name: (-memory, -keys, name) for name, (keys, memory) in sums.items()}
    names = sorted(sums, key=order_of.get)
    shown = {name: sums[name] for name in names[:most]}
    rest = [sums[name] for name in names[most:]]
    if rest:
        shown["overflow"] = tuple(map(sum, zip(*rest)))
    values = {frozenset({("family", "redis_number_of_distinct_key_groups")}): len(sums)}
    for name, (keys, memory) in shown.items():
        values[frozenset({("family", "redis_key_group_count"), ("key_group", name)})] = keys
        if has_memory:
            values[frozenset({("family", "redis_key_group_memory_usage_bytes"),
                              ("key_group", name)})] = memory
    return values
