"""What is installed once a machine and kept for later runs and other checkouts."""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile


def kept(name, ground, install, base=None):
    """The folder that install(folder) has filled, once for this name and these bytes.

    It is in `base`, by default the user's cache. Two runs at once install once. The folder is
    made elsewhere and renamed, so that a half-filled one never counts.
    """
    digest = hashlib.sha256(ground).hexdigest()[:12]
    folder = (base or _cache()) / f"{name}-{digest}"
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            scratch = pathlib.Path(tempfile.mkdtemp(dir=folder.parent))
            try:
                install(scratch)
                scratch.chmod(0o755)
                scratch.rename(folder)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _cache():
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    folder = pathlib.Path(cache) / "sidecar-exporter/tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run(command, **options):
    """A command of an installation; fails with what it printed."""
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True,
                          **{"timeout": 240, **options})
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout
