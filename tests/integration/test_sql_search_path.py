"""A URL that names a schema: the tables of another one are never counted in its place."""

import urllib.parse

import pytest

from support.exporter import run
from support.page import Page
from support.pgbouncer import PgBouncer
from support.servers import POSTGRES_PASSWORD

# How many rows `orders` has in each schema.
ROWS = {"public": 1, "tenant_a": 2, "Tenant B'\\": 3}


def quoted(schema):
    return '"' + schema + '"'


@pytest.fixture(scope="module")
def server(postgres):
    for schema, rows in ROWS.items():
        postgres.sql(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)};"
                     f"CREATE TABLE {quoted(schema)}.orders AS"
                     f"  SELECT generate_series(1, {rows}) AS i;"
                     f"GRANT USAGE ON SCHEMA {quoted(schema)} TO exporter, shop;"
                     f"GRANT SELECT ON {quoted(schema)}.orders TO exporter, shop")
    postgres.sql("CREATE TABLE public.only_public (i int); GRANT SELECT ON only_public TO exporter;"
                 "ANALYZE")
    yield postgres
    postgres.sql("DROP TABLE public.orders, public.only_public;"
                 + "".join(f"DROP SCHEMA {quoted(schema)} CASCADE;" for schema in list(ROWS)[1:]))


def ask(tmp_path, dsn, counts="{metric: counted, table: orders}, "
                              "{metric: reckoned, table: orders, mode: estimate}"):
    path = tmp_path / "exporter.yaml"
    path.write_text(f"""
collectors:
  - type: sql
    dsn: "{dsn}"
    counts: [{counts}]
    queries:
      - {{name: own, sql: "SELECT count(*) AS n FROM orders", metrics: [{{name: asked, value: n}}]}}
""")
    return run("collect", "--config", path)


@pytest.mark.parametrize("parameters, schema", [
    ({}, "public"), ({"schema": "tenant_a"}, "tenant_a"),
    ({"schema": "Tenant B'\\"}, "Tenant B'\\"),
    ({"currentSchema": "tenant_a,public"}, "tenant_a"), ({"search_path": "tenant_a"}, "tenant_a"),
    ({"search_path": "nowhere, public"}, "public")],
    ids=["none", "prisma", "prisma-odd", "jdbc", "search_path", "second"])
def test_counts_estimates_and_queries_mean_the_schema_of_the_url(server, tmp_path, parameters,
                                                                schema):
    query = urllib.parse.urlencode(parameters, quote_via=urllib.parse.quote)
    done = ask(tmp_path, server.url() + (query and "?" + query))
    assert done.returncode == 0, done.stderr
    page = Page(done.stdout)
    shown = [page.value(name) for name in ("counted", "reckoned", "asked")]
    assert shown == [ROWS[schema]] * 3


def test_a_table_that_the_schema_lacks_is_missing_and_not_that_of_public(server, tmp_path):
    done = ask(tmp_path, server.url() + "?schema=tenant_a", "{metric: counted, table: only_public}")
    assert "sql: counted: missing: relation \"only_public\" does not exist" in done.stderr
    page = Page(done.stdout)
    assert not page.has("counted") and page.value("asked") == ROWS["tenant_a"]


def test_through_pgbouncer_it_holds_for_each_transaction_and_for_no_other_client(server, tmp_path):
    bouncer = PgBouncer(server)
    try:
        dsn = f"postgresql://shop:{POSTGRES_PASSWORD}@127.0.0.1:{bouncer.port}/shop"
        for parameters, schema in (("?schema=tenant_a", "tenant_a"), ("", "public")):
            done = ask(tmp_path, dsn + parameters)
            assert done.returncode == 0, done.stderr
            assert Page(done.stdout).value("counted") == ROWS[schema]
    finally:
        bouncer.close()
