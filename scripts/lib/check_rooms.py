#!/usr/bin/python3
"""Whether the sources stand in their rooms: prints "FILE:LINE: what is wrong", a line each.

cmake/rooms has the rooms and what each may include. Reads the names of the sources from
standard input; those of tests/ may include all. Needs nothing built.
"""

import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = "cmake/rooms"
MOST_FILES = 40  # A room with more has two subjects.
_INCLUDE = re.compile(r'#include "([^"]+)"')


def read_table(text):
    """Room -> the rooms that it may include, itself among them; and what is wrong."""
    rooms, problems = {}, []
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        room, *others = line.split()
        if room in rooms:
            problems.append(f"{TABLE}:{number}: {room} has two lines")
        may = {room}
        for other in others:
            if other not in rooms:
                problems.append(f"{TABLE}:{number}: {other} is not a room above this line")
            may |= rooms.get(other, set())
        rooms[room] = may
    return rooms, problems


def check_source(name, text, rooms):
    room = str(pathlib.PurePath(name).parent)
    if room not in rooms:
        return [f"{name}:1: {room} is not a room: give it a line in {TABLE}"]
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        include = _INCLUDE.match(line)
        if include and str(pathlib.PurePath(include[1]).parent) not in rooms[room]:
            found.append(f"{name}:{number}: {room} may not include {include[1]}: see {TABLE}")
    return found


def main():
    rooms, problems = read_table((ROOT / TABLE).read_text())
    sizes = collections.Counter()
    for name in sys.stdin.read().split():
        if name.startswith("tests/") or name == "main.cc":
            continue
        sizes[str(pathlib.PurePath(name).parent)] += 1
        problems += check_source(name, (ROOT / name).read_text(), rooms)
    problems += [f"{room}: {size} sources, {MOST_FILES} at most"
                 for room, size in sizes.items() if size > MOST_FILES]
    problems += [f"{TABLE}: {room} has no sources" for room in rooms if not sizes[room]]
    print("\n".join(problems), end="\n" if problems else "")


if __name__ == "__main__":
    main()
