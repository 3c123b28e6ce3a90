#!/usr/bin/python3
"""Builds the site of the pages into build/site; fails with what mkdocs says.

mkdocs is installed once a machine, beside ccache's folder. The pages, and the files of the tree
that they link, are gathered in build/pages, so that links need no other form than here.
"""

import os
import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support.kept import kept, run  # noqa: E402
from support.pages import FILES, prose  # noqa: E402

INTERPRETER = "/usr/bin/python3"
PINS = ROOT / "scripts/lib/site_pins.txt"
# What mkdocs.yml names.
SCRIPT = ROOT / "scripts/lib/iframe-worker.js"


def mkdocs():
    """The interpreter that has it."""
    # The next version of the interpreter cannot use the packages.
    ground = os.path.realpath(INTERPRETER).encode() + PINS.read_bytes()

    def install(folder):
        run([INTERPRETER, "-m", "venv", folder])
        run([folder / "bin/python3", "-m", "pip", "install", "-q", "--no-deps",
             "--only-binary", ":all:", "--disable-pip-version-check", "-r", PINS])

    return kept("site", ground, install) / "bin/python3"


def gathered():
    """The pages, and what they lead to, at any depth."""
    found, new = set(), set(FILES)
    while new:
        path = new.pop()
        found.add(path)
        if path.suffix != ".md":
            continue
        for target in re.findall(r"\]\(([^)#\s]+)", prose(path.read_text())):
            leads = (path.parent / target).resolve()
            if leads.is_file() and leads not in found:
                new.add(leads)
    return found


def gather(folder):
    shutil.rmtree(folder, ignore_errors=True)
    for path in (*gathered(), SCRIPT):
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)


if __name__ == "__main__":
    gather(ROOT / "build/pages")
    run([mkdocs(), "-m", "mkdocs", "build", "--strict", "--clean"], cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})
