"""The manual page and the completions are those of the help, and a shell completes by them."""

import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest

from support.exporter import BINARY, run
from support.processes import ROOT, program

sys.path.insert(0, str(ROOT / "packaging"))
import from_help  # noqa: E402

KEPT = ROOT / "packaging/cli"


@pytest.mark.parametrize("name", from_help.FILES)
def test_what_is_kept_is_what_the_help_says(name):
    made = from_help.FILES[name](from_help.read(BINARY))
    assert (KEPT / name).read_text() == made, \
        "run packaging/from_help.py build/release/bin/exporter packaging/cli"


def test_the_page_has_every_flag_and_command_of_the_help():
    page = (KEPT / "exporter.1").read_text().replace(r"\-", "-")
    text = "".join(run(*command, "--help").stdout
                   for command in ((), ("check",), ("collect",), ("collectors",)))
    words = set(re.findall(r"^  (?:-h,)?(--[\w.-]+|[a-z]+) ", text, re.MULTILINE))
    assert {"--config", "--collector", "--connect", "check", "healthcheck"} <= words
    for word in words:
        assert rf"\fB{word}\fR" in page or f"{word}\\fR" in page, word


def test_the_page_is_valid_roff():
    done = subprocess.run([program("man"), "--warnings", "-l", KEPT / "exporter.1"], text=True,
                          capture_output=True, timeout=30, env={**os.environ, "MANWIDTH": "80"})
    assert done.returncode == 0
    assert done.stderr == ""
    assert "EXPORTER(1)" in done.stdout


# The words so far, and all that may follow; the last word is begun.
CASES = [
    ("exporter che", ["check"]),
    ("exporter collector", ["collectors"]),
    ("exporter --web.", ["--web.listen-address", "--web.telemetry-path"]),
    ("exporter --log.level e", ["error"]),
    ("exporter check --con", ["--config", "--connect"]),
    ("exporter collect --coll", ["--collector"]),
    ("exporter check --log.format l", ["logfmt"]),
    ("exporter check --coll", []),
]


def completed_by_bash(line):
    words = line.split(" ")
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _exporter;'
              'printf "%s\\n" "${COMPREPLY[@]}"')
    return subprocess.run(["bash", "-c", script, "_", KEPT / "exporter.bash", *words], text=True,
                          capture_output=True, timeout=10, check=True).stdout.split()


def completed_by_fish(line):
    script = f"source {KEPT}/exporter.fish; complete -C '{line}'"
    done = subprocess.run([program("fish"), "--no-config", "-c", script], text=True,
                          capture_output=True, timeout=10, check=True)
    return [row.partition("\t")[0].rstrip("=") for row in done.stdout.splitlines()]


@pytest.mark.parametrize("line, expected", CASES)
@pytest.mark.parametrize("complete", [completed_by_bash, completed_by_fish])
def test_bash_and_fish_complete(complete, line, expected):
    assert sorted(complete(line)) == expected


@pytest.mark.parametrize("words, expected", [
    (["--log.level", "=", "w"], ["warn"]), (["--log.format", "="], ["json", "logfmt"])])
def test_bash_completes_a_value_after_an_equals_sign(words, expected):
    assert sorted(completed_by_bash(" ".join(["exporter", *words]))) == expected


class Zsh:
    """An interactive zsh without anybody's settings, which completes `exporter`."""

    def __init__(self):
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.environ.update(TERM="dumb", PS1="> ")
            os.execv(program("zsh"), ["zsh", "-f", "-i"])
        self.say(f"unsetopt zle_bracketed_paste; fpath=({KEPT} $fpath); autoload -U compinit;"
                 " compinit -D -u; LISTMAX=0; PS1='ready'\"> \"\n")
        self.read_until("ready> ")

    def say(self, text):
        os.write(self._fd, text.encode())

    def read_until(self, text, within=20):
        shown, end = "", time.monotonic() + within
        while text not in shown:
            left = end - time.monotonic()
            assert left > 0 and select.select([self._fd], [], [], left)[0], shown
            shown += os.read(self._fd, 4096).decode(errors="replace")
        return shown

    def completes(self, line, to):
        self.say(line + "\t")
        self.read_until(to)
        self.say("\x15")   # strike the line

    def close(self):
        os.close(self._fd)   # a hang-up ends it
        os.waitpid(self._pid, 0)


def test_zsh_completes():
    zsh = Zsh()
    try:
        for line, expected in CASES:
            if len(expected) == 1 and expected[0] != line.split()[-1]:
                zsh.completes(line, " ".join([*line.split()[:-1], expected[0]]))
    finally:
        zsh.close()
