"""Each version of Celery that we stand beside: Debian's, and others with all that they need."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

from .processes import ROOT

_PINS = ROOT / "tests/support/celery_pins"
_INTERPRETER = "/usr/bin/python3"

DEBIAN = "5.2"
OTHERS = tuple(sorted(path.stem for path in _PINS.glob("*.txt")))
ALL = (DEBIAN, *OTHERS)

# Two are enough to see most changes between versions; the neighbours' tests can have all.
NEWEST = "5.6"
VERSIONS = (DEBIAN, NEWEST)


def python(version):
    """The interpreter that has this version; it is installed once a machine."""
    if version == DEBIAN:
        return _INTERPRETER
    pins = _PINS / f"{version}.txt"
    folder = _kept() / f"celery-{version}-{_digest(pins)}"
    with _alone(folder):
        if not folder.exists():
            _install(pins, folder)
    return str(folder / "bin/python3")


def _kept():
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    folder = pathlib.Path(cache) / "sidecar-exporter"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _digest(pins):
    """Of what is listed and of the interpreter, whose next version cannot use the packages."""
    named = os.path.realpath(_INTERPRETER).encode()
    return hashlib.sha256(named + pins.read_bytes()).hexdigest()[:12]


@contextlib.contextmanager
def _alone(folder):
    """Two runs of the tests at once install once."""
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(pins, folder):
    """Made elsewhere and renamed, so that a half-made one never counts."""
    scratch = pathlib.Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        _run(_INTERPRETER, "-m", "venv", scratch)
        _run(scratch / "bin/python3", "-m", "pip", "install", "-q", "--no-deps",
             "--disable-pip-version-check", "-r", pins)
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _run(*command):
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True,
                          timeout=240)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
