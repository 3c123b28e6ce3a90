"""What we show to users is valid: every example, the smallest rights."""

import shlex

import pytest

from support.exporter import run
from support.pages import block
from support.processes import ROOT
from support.redis_config import ACL_COMMANDS

ENVIRONMENT = {
    "CELERY_BROKER_URL": "redis://127.0.0.1/1",
    "DATABASE_URL": "postgresql://exporter@127.0.0.1/shop",
    "PGBOUNCER_URL": "postgresql://stats@127.0.0.1:6432/pgbouncer",
    "RABBITMQ_PASSWORD": "fixture",
    "REDIS_URL": "redis://127.0.0.1/0",
}
EXAMPLES = sorted((ROOT / "configs/examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_valid(path):
    done = run("check", "--config", path, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr


def test_the_page_has_the_access_rule_that_is_tested():
    rule = block("docs/collectors/redis.md", "sh", "+slowlog|len").replace("\\\n", "")
    assert shlex.split(rule)[6:] == ["~*", "-@all", *(f"+{command}" for command in ACL_COMMANDS)]
