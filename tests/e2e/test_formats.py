"""The page in text, OpenMetrics and protobuf: Prometheus reads the same from each."""

import gzip

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from support.relay import ACCEPT, Relay
from support.servers import Prometheus
from support.waiting import eventually

# What the exporter reports of its own work differs from scrape to scrape.
OWN = ("exporter_", "process_", "scrape_", "up")


@pytest.fixture
def relay(shop):
    still = Relay(shop)
    yield still
    still.close()


@pytest.fixture
def prometheus(relay):
    server = Prometheus(f"127.0.0.1:{relay.port}", paths=[f"/{form}" for form in ACCEPT])
    yield server
    server.close()


def series(prometheus, form):
    """What Prometheus stored of a form: the values by name and labels."""
    found = {}
    for result in prometheus.query(f'{{job="/{form}"}}'):
        labels = {name: value for name, value in result["metric"].items()
                  if name not in ("job", "instance")}
        for own in {"le", "quantile"} & labels.keys():   # Of protobuf Prometheus writes 8 as 8.0.
            labels[own] = float(labels[own])
        if not labels["__name__"].startswith(OWN):
            found[tuple(sorted(labels.items()))] = result["value"][1]
    return found


def test_prometheus_reads_the_same_series_and_values_from_each_form(prometheus):
    eventually(lambda: len(prometheus.query("up == 1")) == len(ACCEPT), 20, "all are up")
    text = series(prometheus, "text")
    assert len(text) > 300
    for form in ("openmetrics", "protobuf"):
        assert series(prometheus, form) == text, form


def test_prometheus_reads_the_same_types_from_each_form(prometheus):
    eventually(lambda: len(prometheus.query("up == 1")) == len(ACCEPT), 20, "all are up")
    text = prometheus.metadata("/text")
    assert prometheus.metadata("/protobuf") == text
    openmetrics = prometheus.metadata("/openmetrics")
    for name, kind in text.items():
        shorter = name.removesuffix("_total")
        if name == "redis_latency_percentiles_usec":   # Quantiles in percent: no summary there.
            assert openmetrics[name] == "unknown"
        elif kind != "counter":
            assert openmetrics[name] == kind, name
        elif shorter != name and shorter not in text:
            assert openmetrics[shorter] == "counter", name
        else:   # The format has no counter of such a name.
            assert openmetrics[name] == "unknown", name


def test_the_openmetrics_page_passes_the_reference_parser(relay):
    content_type, body = relay.answers["/openmetrics"]
    assert content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    families = list(text_string_to_metric_families(body.decode()))
    assert len(families) > 100
    assert {"seconds", "bytes"} <= {family.unit for family in families}


def test_each_form_is_packed_as_asked(shop):
    for accept in ACCEPT.values():
        plain = shop.get("/metrics?collector=redis", headers={"Accept": accept})
        packed = shop.get("/metrics?collector=redis",
                          headers={"Accept": accept, "Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert packed.headers["Content-Type"] == plain.headers["Content-Type"]
        assert len(gzip.decompress(packed.body)) > 0.9 * len(plain.body)
        zstd = shop.get("/metrics", headers={"Accept": accept, "Accept-Encoding": "zstd"})
        assert zstd.headers["Content-Encoding"] == "zstd"
        assert zstd.body.startswith(b"\x28\xb5\x2f\xfd")


def test_families_are_chosen_by_name(shop):
    page = shop.page("?name[]=redis_up&name[]=pg_up&name[]=nobody")
    assert page.families() == {"redis_up", "pg_up"}
    both = shop.page("?name[]=redis_up&name[]=redis_uptime_in_seconds&collector=redis")
    assert both.families() == {"redis_up", "redis_uptime_in_seconds"}
