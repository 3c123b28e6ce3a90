"""The role that the page gives to the exporter: enough, and checked by `check --connect`."""

import re

from support.exporter import run
from support.pages import block
from support.servers import POSTGRES_PASSWORD

CONFIG = """
collectors:
  - {{type: postgres, dsn: "{dsn}"}}
  - {{type: db_pool, dsn: "{dsn}", pools: [{{name: web, user: shop}}]}}
  - type: sql
    dsn: "{dsn}"
    counts: [{{metric: tasks_total, table: tasks}}, {{metric: users_total, table: users}}]
"""


def connect(postgres, role, tmp_path):
    path = tmp_path / "exporter.yaml"
    path.write_text(CONFIG.format(dsn=postgres.url(user=role)))
    return run("check", "--connect", "--config", path)


def test_the_role_of_the_page_is_enough(postgres, tmp_path):
    role = block("docs/collectors/postgres.md", "sql", "CREATE ROLE exporter")
    statements = role.replace("'...'", f"'{POSTGRES_PASSWORD}'")
    postgres.sql(re.sub(r"\bexporter\b", "smallest", statements))
    # The application is there, so that there is something to see.
    with postgres.client("shop-web", "BEGIN", "SELECT 1"):
        done = connect(postgres, "smallest", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_right_that_is_missing_is_told(postgres, tmp_path):
    postgres.sql(f"CREATE ROLE bare LOGIN PASSWORD '{POSTGRES_PASSWORD}'")
    with postgres.client("shop-web", "BEGIN", "SELECT 1"):
        done = connect(postgres, "bare", tmp_path)
    assert done.returncode == 1
    assert "GRANT pg_monitor TO bare" in done.stderr
    for table in ("tasks", "users"):
        assert f"sql: {table}_total: permission: permission denied for table {table}" in done.stderr
    assert re.search(r"^db_pool: states: permission: .*GRANT pg_monitor TO bare", done.stderr,
                     re.MULTILINE)
