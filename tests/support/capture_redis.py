#!/usr/bin/env python3
"""Captures what a Redis server answers to the commands of the redis collector.

    tests/support/capture_redis.py PORT FOLDER [MASTER...]

writes each answer as it came to FOLDER/COMMAND.resp, for tests/collectors/redis.
MASTER are the names of a sentinel's masters. What tells of the machine is replaced.
"""

import pathlib
import re
import socket
import sys

COMMANDS = [
    ["INFO", "all"], ["INFO", "modules"],
    *[["CONFIG", "GET", name] for name in (
        "*", "io-threads", "maxclients", "maxmemory", "repl-backlog-size",
        "client-output-buffer-limit", "databases", "cluster-databases")],
    ["SLOWLOG", "LEN"], ["SLOWLOG", "GET", "1"], ["LATENCY", "LATEST"], ["LATENCY", "HISTOGRAM"],
    ["CLUSTER", "INFO"], ["CLUSTER", "NODES"], ["CLIENT", "LIST"], ["SENTINEL", "MASTERS"],
    ["SENTINEL", "CONFIG", "GET", "*"],
]
OF_MASTER = ("CKQUORUM", "SENTINELS", "SLAVES")


def read(stream):
    """A reply: bytes of a simple one with its line, or a list."""
    line = stream.readline()
    kind, rest = line[:1], line[1:-2]
    if kind == b"$" and rest != b"-1":
        return stream.read(int(rest) + 2)[:-2]
    if kind == b"*" and rest != b"-1":
        return [read(stream) for _ in range(int(rest))]
    return (line,)


def write(reply):
    if isinstance(reply, tuple):
        return reply[0]
    if isinstance(reply, list):
        return b"*%d\r\n" % len(reply) + b"".join(map(write, reply))
    reply = re.sub(rb"(?<=[:\n=])/(?!usr/)[^\r\n]*/|^/(?!usr/)[^\r\n]*$", b"/var/lib/redis/", reply)
    reply = re.sub(rb"(?<=\nos:)[^\r\n]*", b"Linux 6.1.0 x86_64", reply)
    return b"$%d\r\n%s\r\n" % (len(reply), reply)


def main(port, folder, *masters):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    commands = COMMANDS + [["SENTINEL", what, name] for name in masters for what in OF_MASTER]
    with socket.create_connection(("127.0.0.1", int(port)), 5) as connection:
        stream = connection.makefile("rb")
        for words in commands:
            text = b"".join(b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in words)
            connection.sendall(b"*%d\r\n%s" % (len(words), text))
            name = "-".join(words).lower().replace("*", "all")
            (folder / f"{name}.resp").write_bytes(write(read(stream)))


if __name__ == "__main__":
    main(*sys.argv[1:])
