"""What a collection costs the server, in commands."""

import pytest

from support.redis_servers import RedisServer

TENANTS = 1250
COMMANDS = 20

CONFIG = """
global: {{interval: 200ms, timeout: 200ms, stale_after: 1m, max_series: 10000}}
collectors:
  - type: redis
    url: "{url}"
    keys:
      - {{pattern: "metrics:tenant:{{tenant_id}}:{{kind}}", metric: tenant_usage_total,
         type: counter}}
"""


@pytest.fixture
def tenants():
    """A server with 2,500 counters among 10,000 keys."""
    server = RedisServer()
    with server.client() as client:
        client.ask_all(*(("SET", f"metrics:tenant:{tenant}:{kind}", tenant)
                         for tenant in range(TENANTS) for kind in ("tasks", "tokens")))
        client.ask_all(*(("SET", f"cache:{i}", "x") for i in range(7500)))
    yield server
    server.close()


def test_a_collection_of_2500_counters_takes_few_commands(start_exporter, tenants):
    exporter = start_exporter(CONFIG.format(url=tenants.url()))
    exporter.await_page(lambda page: len(page.series("tenant_usage_total")) == 2 * TENANTS, 20,
                        "all counters are found")
    found = exporter.page().successes("redis")
    exporter.await_page(lambda page: page.successes("redis") >= found + 2, 10,
                        "the search for keys is behind us")
    # The server's own count is on the page; nobody else asks the server meanwhile.
    first = exporter.page()
    exporter.await_page(lambda page: page.successes("redis") >= first.successes("redis") + 10, 10,
                        "ten more collections")
    last = exporter.page()
    collections = last.successes("redis") - first.successes("redis")
    commands = (last.value("redis_commands_processed_total")
                - first.value("redis_commands_processed_total"))
    assert 1 <= commands / collections <= COMMANDS
    assert last.value("tenant_usage_total", tenant_id="7", kind="tokens") == 7
