"""Grafana's dashboards for redis_exporter, answered from our page by a real Prometheus."""

import pytest

from support.processes import ROOT
from support.redis_servers import BusyRedis
from support.servers import Prometheus
from support.waiting import eventually

CONFIG = """
global: {{interval: 1s, timeout: 900ms}}
collectors:
  - {{type: redis, name: primary, url: "{primary}", labels: {{role: primary, namespace: shop}}}}
  - {{type: redis, name: replica, url: "{replica}", labels: {{role: replica, namespace: shop}}}}
"""

DASHBOARDS = (763, 11835, 14091)

# What Grafana puts in their place; $instance is the target that is chosen.
VARIABLES = {"$namespace": "shop", "$__rate_interval": "1m", "$__interval": "1m"}

# Which panels stay empty, and why.
EMPTY = {
    'redis_memory_fragmentation_ratio{instance=~"$instance"}':
        "redis_exporter calls it redis_mem_fragmentation_ratio: the panel is empty there too",
}


def queries():
    for dashboard in DASHBOARDS:
        path = ROOT / f"tests/data/redis/dashboard_{dashboard}_queries.txt"
        for line in path.read_text().splitlines():
            if not line.startswith("#"):
                yield pytest.param(line, id=f"{dashboard}-{line}")


def filled(query, instance):
    for name, value in {**VARIABLES, "$instance": instance}.items():
        query = query.replace(name, value)
    assert "$" not in query, f"an unknown variable in {query}"
    return query


@pytest.fixture(scope="module")
def prometheus(module_exporter):
    """Has scraped a primary with traffic, and its replica, twice at least."""
    servers = BusyRedis()
    exporter = module_exporter(CONFIG.format(primary=servers.primary.url(),
                                             replica=servers.replica.url()))
    exporter.await_page(lambda page: page.up("primary") == 1 and page.up("replica") == 1, 10,
                        "both servers are read")
    server = Prometheus(f"127.0.0.1:{exporter.port}")
    try:
        eventually(lambda: server.query("count_over_time(redis_up[1m]) >= 2"), 20,
                   "Prometheus has two scrapes")
        servers.traffic()
        # A rate shows it only once a scrape has come after it.
        eventually(lambda: server.query('rate(redis_commands_total{cmd="incr"}[1m]) > 0'), 20,
                   "Prometheus has seen the traffic")
        yield server
    finally:
        server.close()
        servers.close()


@pytest.mark.parametrize("query", queries())
def test_a_panel_shows_something_unless_it_is_known_to_be_empty(prometheus, query):
    instance = prometheus.target()["labels"]["instance"]
    assert bool(prometheus.query(filled(query, instance))) == (query not in EMPTY), EMPTY.get(query)


def test_the_choices_of_the_variables_are_there(prometheus):
    """As label_values(redis_up, namespace) and label_values(redis_up, instance)."""
    for label in ("namespace", "instance"):
        assert prometheus.query(f'redis_up{{{label}!=""}}'), label


def test_what_a_panel_divides_is_no_division_by_zero(prometheus):
    """The share of maxmemory in use, which is of a server with a limit here."""
    share, = prometheus.query('100 * redis_memory_used_bytes{role="primary"}'
                              ' / redis_memory_max_bytes{role="primary"}')
    assert 0 < float(share["value"][1]) < 100
