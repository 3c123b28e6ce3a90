"""Broken configurations: every error at its line and column, exit 2, nothing started.

Each case is tests/data/broken/NAME.yaml. NAME.expected lists what must be said
of it, one `LINE:COLUMN: text` a line, in order and complete.
"""

import re
import socket

import pytest

from support.exporter import run
from support.processes import ROOT, free_port

CASES = sorted((ROOT / "tests/data/broken").glob("*.yaml"))


def test_there_are_at_least_thirty_cases():
    assert len(CASES) >= 30


def errors_in(text, path):
    """The errors that a command printed of a file, as `LINE:COLUMN: text`."""
    return re.findall(rf"{re.escape(str(path))}:(\d+:\d+: .+)", text)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_check_and_start_list_every_error_and_exit_with_2(path):
    expected = path.with_suffix(".expected").read_text().splitlines()
    port = free_port()
    for command in (["check"], ["--web.listen-address", f"127.0.0.1:{port}"]):
        done = run(*command, "--config", path)
        assert done.returncode == 2
        assert errors_in(done.stderr, path) == expected
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0, "nothing listens"
