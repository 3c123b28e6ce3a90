"""A DSN's target_session_attrs, kept though a standby becomes the primary: on real servers."""

import contextlib
import signal

import pytest

from support.postgres_config import PRELOAD
from support.postgres_versions import Replica
from support.servers import POSTGRES_PASSWORD, Postgres

# Where the collector asks is the value.
COLLECTOR = """
  - type: sql
    name: {name}
    dsn: "{dsn}"
    singleton: {singleton}
    max_db_time: 100%
    queries:
      - sql: SELECT inet_server_port() AS {name}
        metrics: [{{name: asked_port_{name}, value: {name}}}]
"""


@pytest.fixture
def cluster():
    """Starts a primary and standbys of it; returns them all."""
    with contextlib.ExitStack() as started:
        def start(*slots):
            primary = Postgres([PRELOAD])
            started.callback(primary.close)
            primary.sql("CREATE EXTENSION pg_stat_statements")
            servers = [primary]
            for slot in slots:
                servers.append(Replica(primary, slot))
                started.callback(servers[-1].close)
            return servers
        yield start


@pytest.fixture
def collecting(start_exporter):
    """Starts an exporter whose collectors ask one of the servers, in their order.

    Each collector is its name with target_session_attrs, and whether it is a singleton.
    """
    def start(servers, **collectors):
        places = ",".join(f"127.0.0.1:{server.port}" for server in servers)
        config = "global: {interval: 1s}\ncollectors:\n"
        for name, (attributes, singleton) in collectors.items():
            dsn = (f"postgresql://exporter:{POSTGRES_PASSWORD}@{places}/shop"
                   f"?target_session_attrs={attributes}")
            config += COLLECTOR.format(name=name, dsn=dsn, singleton=str(singleton).lower())
        exporter = start_exporter(config)
        for name in collectors:
            exporter.await_page(lambda page, name=name: page.successes(name), 20, f"{name} runs")
        return exporter
    return start


def port_of(page, name):
    metric = f"asked_port_{name}"
    return page.value(metric) if page.has(metric) else None


def await_port(exporter, name, server):
    exporter.await_page(lambda page: port_of(page, name) == server.port, 30,
                        f"{name} asks port {server.port}")


def await_runs(exporter, name, runs=3):
    seen = exporter.page().successes(name)
    exporter.await_page(lambda page: page.successes(name) >= seen + runs, 30, f"{name} goes on")


def promote(server):
    assert server.sql("SELECT pg_promote()", "postgres") == [["t"]]


def asked(server, name):
    """How often the collector's query ran there."""
    return server.sql(f"SELECT sum(calls) FROM pg_stat_statements WHERE query LIKE '%AS {name}'")


def sessions(server):
    """How many sessions the database shop has had: our own look is by another one."""
    return int(server.sql("SELECT sessions FROM pg_stat_database WHERE datname = 'shop'",
                          "postgres")[0][0])


def test_the_queries_leave_a_standby_that_becomes_the_primary(cluster, collecting):
    _, one, two = cluster("one", "two")
    wanted = {"strict": ("standby", False), "preferring": ("prefer-standby", False),
              "reading": ("read-only", False), "leading": ("standby", True),
              "leading_preferring": ("prefer-standby", True)}
    exporter = collecting([one, two], **wanted)
    for name in wanted:
        assert port_of(exporter.page(), name) == one.port
    promote(one)
    for name in wanted:
        await_port(exporter, name, two)
    before = {name: asked(one, name) for name in wanted}
    for name in wanted:
        await_runs(exporter, name)
    assert {name: asked(one, name) for name in wanted} == before
    for name in wanted:
        assert port_of(exporter.page(), name) == two.port


def test_without_another_standby_who_wants_one_fails_and_who_prefers_one_goes_on(cluster,
                                                                                collecting):
    primary, one = cluster("one")
    exporter = collecting([primary, one], strict=("standby", False),
                          preferring=("prefer-standby", False))
    assert port_of(exporter.page(), "preferring") == one.port
    promote(one)
    exporter.await_page(lambda page: page.errors("strict", "connect") >= 2, 30, "it fails")
    assert exporter.page().up("strict") == 0
    assert "server is not in hot standby mode" in exporter.log()
    await_runs(exporter, "preferring")
    assert exporter.page().errors("preferring", "connect") == 0


def test_who_prefers_a_standby_does_not_search_one_in_every_run(cluster, collecting):
    primary, one = cluster("one")
    exporter = collecting([primary, one], preferring=("prefer-standby", False))
    promote(one)
    await_runs(exporter, "preferring")
    before = sessions(primary) + sessions(one)
    await_runs(exporter, "preferring", 5)
    assert sessions(primary) + sessions(one) == before
    assert exporter.page().errors("preferring", "connect") == 0


def test_who_wants_to_write_leaves_what_became_read_only_and_finds_the_new_primary(cluster,
                                                                                  collecting):
    primary, one = cluster("one")
    exporter = collecting([one, primary], writing=("read-write", False), first=("primary", False))
    for name in ("writing", "first"):
        assert port_of(exporter.page(), name) == primary.port
    primary.sql("ALTER SYSTEM SET default_transaction_read_only = on", "postgres")
    primary.sql("SELECT pg_reload_conf()", "postgres")
    exporter.await_page(lambda page: page.errors("writing", "connect") >= 1, 30, "it fails")
    promote(one)
    await_port(exporter, "writing", one)
    await_runs(exporter, "first")
    assert port_of(exporter.page(), "first") == primary.port, "which is a primary still"
    primary.stop(signal.SIGINT)
    await_port(exporter, "first", one)
