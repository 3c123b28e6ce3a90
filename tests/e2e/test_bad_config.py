"""Broken configurations: every error at its line and column, exit 2, nothing started.

Each case is tests/data/broken/NAME.yaml; NAME.expected lists what must be said
of it, in order and complete, with FILE for the path.
"""

import socket

import pytest

from support.exporter import run
from support.processes import ROOT, free_port

CASES = sorted((ROOT / "tests/data/broken").glob("*.yaml"))


def test_there_are_at_least_thirty_cases():
    assert len(CASES) >= 30


def errors_in(text, path):
    """The lines of a command's output that are about the file, with FILE for its path."""
    return [line.replace(str(path), "FILE") for line in text.splitlines()
            if line.startswith(f"{path}:")]


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
