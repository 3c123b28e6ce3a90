"""Prints "KEY FILE" for each source named on standard input, one a line.

The key is a hash of all that clang-tidy's verdict rests on: the file and every header of
this tree that it includes, at any depth; its compile command; .clang-tidy; the arguments
of this program (the checks); and what the machine has installed, which brings the headers
of libraries. Usage: tidy_keys.py FOLDER_OF_COMPILE_COMMANDS ARGUMENT...
"""

import functools
import hashlib
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


@functools.cache
def read(path):
    return (ROOT / path).read_bytes()


@functools.cache
def included(path):
    """The headers of this tree that the file names; all are named from its root."""
    names = {name.decode() for name in INCLUDE.findall(read(path))}
    return sorted(name for name in names if (ROOT / name).is_file())


def with_headers(path):
    seen, left = {path}, [path]
    while left:
        for name in included(left.pop()):
            if name not in seen:
                seen.add(name)
                left.append(name)
    return sorted(seen)


def installed():
    return subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", "*-dev", "clang*"],
                          capture_output=True, check=True).stdout


def main():
    folder, *arguments = sys.argv[1:]
    commands = {entry["file"]: entry["command"]
                for entry in json.loads((pathlib.Path(folder) / "compile_commands.json").read_text())}
    ground = installed() + read(".clang-tidy") + "\0".join(arguments).encode()
    for path in sys.stdin.read().split():
        # The tree's own place is no part of it, so that another clone has the same keys.
        command = commands.get(str(ROOT / path), "").replace(str(ROOT), "")
        key = hashlib.sha256(ground + command.encode())
        for name in with_headers(path):
            key.update(name.encode() + b"\0" + hashlib.sha256(read(name)).digest())
        print(key.hexdigest(), path)


main()
