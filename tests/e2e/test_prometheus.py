"""A real Prometheus scrapes the exporter."""

import pytest

from support.servers import Prometheus
from support.waiting import eventually


@pytest.fixture
def prometheus(shop):
    server = Prometheus(f"127.0.0.1:{shop.port}")
    yield server
    server.close()


def test_the_target_is_up_and_every_family_answers_a_query(shop, prometheus):
    eventually(lambda: prometheus.target().get("health") == "up", 20,
               "Prometheus reports the target up")
    assert prometheus.target()["lastError"] == ""
    eventually(lambda: prometheus.query("up == 1"), 10, "a first scrape is stored")
    families = shop.page().families()
    assert len(families) > 50
    missing = [family for family in sorted(families)
               if not prometheus.query(f'{{__name__=~"{family}(_bucket|_sum|_count)?"}}')]
    assert not missing
