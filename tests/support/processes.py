"""Child processes that never outlive the tests, and what they hold."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(name, *patterns):
    """The newest file that matches one of the patterns, else PATH's; a missing one is an error."""
    found = sorted(path for pattern in patterns for path in pathlib.Path("/").glob(pattern))
    path = found[-1] if found else shutil.which(name)
    assert path, f"{name} is not installed: run scripts/install-packages test demo"
    return str(path)


def children(pid):
    """The pids whose parent is pid."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended while we looked
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


class Process:
    """A child process with its output in a file, in its own temporary folder.

    A subclass sets up its folder and then calls spawn(), as often as the
    server is to be started. close() ends it and removes the folder.
    """

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="exporter-test."))
        self.folder.chmod(0o711)  # another user's server passes through
        self.output = self.folder / "output.log"
        self.child = None

    def spawn(self, command, user=None, **options):
        # setpriv: a server must not outlive tests that were killed.
        prefix = ["setpriv", "--pdeathsig=KILL"]
        if user:
            prefix += [f"--reuid={user}", f"--regid={user}", "--init-groups"]
        with self.output.open("ab") as output:
            self.child = subprocess.Popen(
                [*prefix, "--", *map(str, command)], stdin=subprocess.DEVNULL,
                **{"stdout": output, "stderr": output, "start_new_session": True, **options})

    def log(self):
        return self.output.read_text(errors="replace")

    def is_running(self):
        return self.child is not None and self.child.poll() is None

    def cpu_seconds(self):
        """What it has spent of CPU, all its threads: clock_getcpuclockid(3)."""
        return time.clock_gettime((~self.child.pid << 3) | 2)

    def assert_running(self):
        assert self.is_running(), f"ended with {self.child.returncode}:\n{self.log()[-2000:]}"

    def pause(self):
        """Stops the process and every child of it, so that it answers nothing."""
        for pid in [self.child.pid, *children(self.child.pid)]:
            os.kill(pid, signal.SIGSTOP)

    def resume(self):
        for pid in [*children(self.child.pid), self.child.pid]:
            os.kill(pid, signal.SIGCONT)

    def stop(self, sign=signal.SIGTERM, within=10):
        """Ends it; returns (exit code, seconds). Insists by SIGKILL when time is up."""
        start = time.monotonic()
        if self.is_running():
            self.child.send_signal(sign)
            try:
                self.child.wait(within)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.child.returncode, time.monotonic() - start

    def kill(self):
        """Ends it and its children at once, stopped ones too."""
        if not self.is_running():
            return
        for pid in [self.child.pid, *children(self.child.pid)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # ended with its parent
        self.child.wait(10)

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
