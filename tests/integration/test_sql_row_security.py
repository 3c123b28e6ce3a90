"""A table under a policy: the role sees a part of its rows, and the server does not say so."""

import re

import pytest

from support.exporter import run
from support.page import Page
from support.postgres_versions import programs
from support.servers import POSTGRES_PASSWORD, Postgres

SCHEMA = f"""
CREATE TABLE docs (id int, team text);
INSERT INTO docs SELECT i, 'team ' || i % 3 FROM generate_series(1, 30) AS i;
ALTER TABLE docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_team ON docs USING (team = current_setting('app.team', true));
CREATE TABLE open (id int); INSERT INTO open SELECT generate_series(1, 7);
CREATE VIEW all_docs AS SELECT * FROM docs;
CREATE ROLE author; GRANT SELECT ON docs TO author;
CREATE VIEW authors_docs AS SELECT * FROM docs;
ALTER VIEW authors_docs OWNER TO author;
ANALYZE;
CREATE ROLE sees_all LOGIN BYPASSRLS PASSWORD '{POSTGRES_PASSWORD}';
CREATE ROLE of_one_team LOGIN PASSWORD '{POSTGRES_PASSWORD}';
ALTER ROLE of_one_team SET app.team = 'team 1';
GRANT SELECT ON ALL TABLES IN SCHEMA public TO exporter, sees_all, of_one_team;
"""
COUNTS = """
    counts:
      - {metric: docs_total, table: docs}
      - {metric: docs_by_team, table: docs, by: [team]}
      - {metric: docs_estimate, table: docs, mode: estimate}
      - {metric: all_docs_total, table: all_docs}
      - {metric: authors_total, table: authors_docs}
      - {metric: open_total, table: open}
    queries:
      - {name: own, sql: "SELECT count(*) AS n FROM docs", metrics: [{name: own_total, value: n}]}
"""
HIDDEN = {"docs_total", "docs_by_team", "docs_estimate", "authors_total", "own"}


@pytest.fixture(scope="module", params=[13, 15, 18], ids=lambda major: f"postgres-{major}")
def server(request):
    own = Postgres(programs=programs(request.param))
    own.sql(SCHEMA)
    yield own
    own.close()


def ask(server, tmp_path, command, user="exporter", more=""):
    path = tmp_path / "exporter.yaml"
    path.write_text("collectors:\n  - type: sql\n    name: shop\n"
                    f"    dsn: \"{server.url(user=user)}\"\n{more}{COUNTS}")
    done = run(*command, "--config", path)
    return done, re.findall(r"^shop: (\w+): (\w+): (.*)$", done.stderr, re.MULTILINE)


@pytest.mark.parametrize("command", [("collect",), ("check", "--connect")],
                         ids=["collect", "check"])
def test_a_share_of_the_rows_is_no_count_and_the_remedy_is_named(server, tmp_path, command):
    done, problems = ask(server, tmp_path, command)
    assert done.returncode == 1
    assert {part for part, _, _ in problems} == HIDDEN, done.stderr
    for part, reason, text in problems:
        assert reason == "permission"
        assert 'table "docs"' in text
        assert "ALTER ROLE exporter BYPASSRLS, or row_security: accept" in text, part


def test_what_no_policy_touches_is_counted_beside_it(server, tmp_path):
    page = Page(ask(server, tmp_path, ("collect",))[0].stdout)
    assert page.value("open_total") == 7
    assert page.value("all_docs_total") == 30, "the superuser's view sees all rows"
    assert not page.families() & {"docs_total", "docs_by_team", "docs_estimate", "authors_total",
                                  "own_total"}


def test_a_role_that_bypasses_policies_counts_all_rows(server, tmp_path):
    done, problems = ask(server, tmp_path, ("collect",), user="sees_all")
    assert [part for part, _, _ in problems] == ["authors_total"], "a view is its owner's"
    page = Page(done.stdout)
    assert page.value("docs_total") == page.value("own_total") == 30
    assert page.value("docs_estimate") == 30
    assert {labels["team"]: value for labels, value in page.series("docs_by_team")} == {
        "team 0": 10, "team 1": 10, "team 2": 10}


def test_a_role_that_is_meant_to_see_its_share_says_so(server, tmp_path):
    done, problems = ask(server, tmp_path, ("collect",), user="of_one_team",
                         more="    row_security: accept\n")
    assert done.returncode == 0 and not problems, done.stderr
    page = Page(done.stdout)
    assert page.value("docs_total") == page.value("own_total") == 10
    assert page.series("docs_by_team") == [({"team": "team 1"}, 10)]


def test_the_owner_of_a_table_whose_policies_are_forced_is_refused_too(server, tmp_path):
    server.sql("CREATE TABLE forced (id int); INSERT INTO forced VALUES (1);"
               "ALTER TABLE forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
               "ALTER TABLE forced OWNER TO exporter")
    path = tmp_path / "exporter.yaml"
    path.write_text(f"collectors:\n  - type: sql\n    dsn: \"{server.url()}\"\n"
                    "    counts: [{metric: forced_total, table: forced}]\n")
    done = run("collect", "--config", path)
    server.sql("DROP TABLE forced")
    assert done.returncode == 1
    assert "sql: forced_total: permission: " in done.stderr
    assert not Page(done.stdout).has("forced_total")
