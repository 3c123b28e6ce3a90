"""Each version of Celery that we stand beside: Debian's, and others with all that they need."""

import importlib.metadata
import os

from .kept import kept, run
from .processes import ROOT

_PINS = ROOT / "tests/support/celery_pins"
_INTERPRETER = "/usr/bin/python3"

DEBIAN = ".".join(importlib.metadata.version("celery").split(".")[:2])
OTHERS = tuple(sorted({path.stem for path in _PINS.glob("*.txt")} - {DEBIAN}))
ALL = (DEBIAN, *OTHERS)

# Two are enough to see most changes between versions; the neighbours' tests can have all.
NEWEST = "5.6"
VERSIONS = (DEBIAN, NEWEST)


def python(version):
    """The interpreter that has this version; it is installed once a machine."""
    if version == DEBIAN:
        return _INTERPRETER
    pins = _PINS / f"{version}.txt"
    # The next version of the interpreter cannot use the packages.
    ground = os.path.realpath(_INTERPRETER).encode() + pins.read_bytes()

    def install(folder):
        run([_INTERPRETER, "-m", "venv", folder])
        run([folder / "bin/python3", "-m", "pip", "install", "-q", "--no-deps",
             "--disable-pip-version-check", "-r", pins])

    return str(kept(f"celery-{version}", ground, install) / "bin/python3")
