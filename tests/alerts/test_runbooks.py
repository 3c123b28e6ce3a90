"""What a runbook tells people to type at night works: the shell reads it, PostgreSQL runs it."""

import re
import shlex
import subprocess

import pytest

from support.pages import blocks
from support.processes import ROOT
from support.rules import FOLDER
from support.servers import Postgres

COMMANDS = "".join(blocks((FOLDER / "RUNBOOKS.md").read_text(), "sh")).splitlines()
# What stands for a reader's own name.
NAMES = {r"\(PID\)": "(1)", r"= ID\b": "= 1", r"\) TABLE$": ") tasks"}
# On a replica alone, or on what is not there.
NOT_HERE = ("pg_is_wal_replay_paused", "pg_drop_replication_slot")


def statements():
    """Those for psql, but for the console of PgBouncer."""
    found = []
    for command in COMMANDS:
        words = shlex.split(command, comments=True)
        if words and words[0] == "psql" and "pgbouncer" not in words:
            found += [text for flag, text in zip(words, words[1:]) if flag == "-c"]
    return [text for text in dict.fromkeys(found) if not any(name in text for name in NOT_HERE)]


@pytest.fixture(scope="module")
def server():
    postgres = Postgres(settings=["shared_preload_libraries=pg_stat_statements"])
    postgres.sql("CREATE EXTENSION pg_stat_statements")
    # Of the example whose rules read it.
    postgres.sql((ROOT / "tests/data/schemas/storage.sql").read_text())
    yield postgres
    postgres.close()


def test_the_shell_reads_each_command():
    done = subprocess.run(["bash", "-n"], input="\n".join(COMMANDS), text=True,
                          capture_output=True, timeout=10)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("statement", statements())
def test_postgres_runs_each_statement(server, statement):
    for name, value in NAMES.items():
        statement = re.sub(name, value, statement)
    server.sql(statement)
