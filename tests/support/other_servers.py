"""Servers that Debian 12 has not: Valkey and MySQL, from later releases of Debian.

OTHER_SERVER=valkey-9 has the tests meet that server for Redis, OTHER_SERVER=mysql-9 for MariaDB.
"""

import functools
import os
import pathlib
import re
import tempfile

from .kept import kept, run

_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

NAME = os.environ.get("OTHER_SERVER", "")
IS_MYSQL = NAME.startswith("mysql")
IS_VALKEY = NAME.startswith("valkey")

_VALKEY = (["valkey-server", "valkey-tools"],
           {"redis-server": "usr/bin/valkey-server", "redis-cli": "usr/bin/valkey-cli"})
_MYSQL = (["mysql-server-core"], {"mysqld": "usr/sbin/mysqld"})
# The first package's version begins with the number in the name.
SERVERS = {
    "valkey-8": ("trixie", *_VALKEY),
    "valkey-9": ("sid", *_VALKEY),
    "mysql-9": ("sid", *_MYSQL),
}


class _Apt:
    """The packages of another release, as if nothing were installed."""

    def __init__(self, release, folder):
        self.folder = folder
        for name in ("lists", "cache"):
            (folder / name).mkdir()
        (folder / "sources").write_text(f"deb [signed-by={_KEYRING}] {_mirror()} {release} main\n")
        self.options = [f"-oDir::Etc::sourcelist={folder}/sources", "-oDir::Etc::sourceparts=-",
                        f"-oDir::State::lists={folder}/lists", "-oDir::State::status=/dev/null",
                        f"-oDir::Cache={folder}/cache", "-oAPT::Sandbox::User=root",
                        "-oAPT::Install-Recommends=0", "-qq"]
        self.get("update")

    def get(self, *words):
        return run(["apt-get", *self.options, *words], cwd=self.folder)

    def download(self, packages):
        """The paths of the packages and of all that they depend on."""
        uris = self.get("install", "--print-uris", *packages).splitlines()
        names = {line.split()[1].partition("_")[0] for line in uris if line.startswith("'")}
        self.get("download", *sorted(names | set(packages)))
        return list(self.folder.glob("*.deb"))


def _mirror():
    """Where this machine's own packages come from."""
    uris = run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages",
                "Component: main"]).split()
    return next(uri for uri in uris if "security" not in uri)


def _install(name, folder):
    release, packages, programs = SERVERS[name]
    root = folder / "root"
    root.mkdir()
    with tempfile.TemporaryDirectory() as scratch:
        files = _Apt(release, pathlib.Path(scratch)).download(packages)
        for file in files:
            run(["dpkg-deb", "-x", file, root])
        version = next(file.name.split("_")[1] for file in files
                       if file.name.startswith(packages[0] + "_"))
    major = name.rpartition("-")[2]
    assert re.match(rf"{major}\b", version), f"{release} has {packages[0]} {version}, not {major}"
    (folder / "version").write_text(f"{packages[0]} {version}")
    (folder / "bin").mkdir()
    for program, path in programs.items():
        _make_starter(folder / "bin" / program, root, path)


def _make_starter(file, root, path):
    """A program of the root starts by the root's own loader and libraries."""
    loader, = (one.relative_to(root) for one in root.glob("usr/lib/*/ld-linux-*.so.*"))
    file.write_text(f'#!/bin/sh\nroot=${{0%/*}}/../root\nexec "$root/{loader}" --library-path '
                    f'"$root/{loader.parent}" "$root/{path}" "$@"\n')
    file.chmod(0o755)


@functools.cache
def folder():
    """Where the chosen server is: root/, bin/ with its programs, and its version."""
    assert NAME in SERVERS, f"OTHER_SERVER={NAME}: there are {', '.join(SERVERS)}"
    return kept(NAME, repr(SERVERS[NAME]).encode(), functools.partial(_install, NAME))


def choose():
    """The tests find its programs first."""
    if NAME:
        os.environ["PATH"] = f"{folder() / 'bin'}:{os.environ['PATH']}"


def version():
    return (folder() / "version").read_text()
