"""The endpoints, and clients that do not behave."""

import gzip
import socket
import time

import pytest

from support.page import Page


@pytest.fixture(scope="module")
def exporter(module_exporter, redis, postgres):
    return module_exporter(f"""
global: {{interval: 1s, timeout: 500ms}}
collectors:
  - {{type: redis, url: "{redis.url()}"}}
  - {{type: postgres, dsn: "{postgres.url()}"}}
""")


@pytest.mark.parametrize("path", ["/-/healthy", "/health", "/-/ready", "/ready"])
def test_health_and_readiness_answer_200(exporter, path):
    assert exporter.get(path).status == 200


@pytest.mark.parametrize("path", ["/nothing", "/metrics/", "/-/", "/../etc/passwd", "/%00",
                                  "/-/reload"])
def test_an_unknown_path_is_404(exporter, path):
    assert exporter.get(path).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_another_method_is_405(exporter, method):
    assert exporter.get("/metrics", method=method).status == 405


def test_head_has_the_headers_and_no_body(exporter):
    answer = exporter.get("/metrics", method="HEAD")
    assert answer.status == 200
    assert answer.body == b""
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")


def test_the_content_type_names_the_format(exporter):
    content_type = exporter.get("/metrics").headers["Content-Type"]
    assert content_type == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.parametrize("accept", ["application/openmetrics-text; version=2.0.0", "text/html",
                                    "*/*", "application/openmetrics-text,text/plain;q=0.1"])
def test_a_client_that_does_not_insist_gets_the_text_format(exporter, accept):
    answer = exporter.get("/metrics", headers={"Accept": accept})
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize("accepted", ["gzip", "deflate, gzip", "gzip;q=1.0, identity; q=0.5"])
def test_a_gzip_answer_unpacks_to_a_page(exporter, accepted):
    answer = exporter.get("/metrics", headers={"Accept-Encoding": accepted})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert Page(gzip.decompress(answer.body).decode()).value("redis_up") == 1


@pytest.mark.parametrize("accepted", ["identity", "br", "gzip;q=0"])
def test_a_client_without_gzip_gets_plain_text(exporter, accepted):
    answer = exporter.get("/metrics", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers
    assert Page(answer.body.decode()).value("redis_up") == 1


def test_collector_narrows_the_page(exporter):
    page = exporter.page("?collector=redis")
    assert page.has("redis_up")
    assert not page.has("pg_up")
    both = exporter.page("?collector=redis&collector=postgres")
    assert both.has("redis_up") and both.has("pg_up")


def test_an_unknown_collector_is_400_and_named(exporter):
    answer = exporter.get("/metrics?collector=no-such")
    assert answer.status == 400
    assert b"no-such" in answer.body


def test_the_page_for_people_and_its_json_name_every_collector(exporter):
    for path in ("/", "/api/v1/status"):
        body = exporter.get(path).body.decode()
        assert "redis" in body and "postgres" in body, path


def test_a_very_long_url_is_refused_and_the_server_goes_on(exporter):
    assert 400 <= exporter.get("/" + "a" * 100_000).status < 500
    assert exporter.get("/-/healthy").status == 200


MALFORMED = {
    "no request line": b"\r\n\r\n",
    "no path": b"GET\r\n\r\n",
    "bytes of no text": b"\x00\xff\xfe\r\n\r\n",
    "an unknown version": b"GET /metrics HTTP/9.9\r\n\r\n",
    "a negative length": b"GET /metrics HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "a huge length": b"POST /metrics HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
    "too many headers": b"GET /metrics HTTP/1.1\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_request_costs_its_own_connection_only(exporter, case):
    with socket.create_connection(("127.0.0.1", exporter.port), timeout=10) as client:
        try:
            client.sendall(MALFORMED[case])
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        except OSError:
            pass  # refused with the rest of it unread: each step may be the one that notices
    assert exporter.get("/metrics").status == 200


def test_several_requests_share_a_connection(exporter):
    request = b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n"
    with socket.create_connection(("127.0.0.1", exporter.port), timeout=5) as client:
        for _ in range(3):
            client.sendall(request)
            assert client.recv(65536).startswith(b"HTTP/1.1 200")


def connect(exporter, count, start):
    clients = [socket.create_connection(("127.0.0.1", exporter.port), timeout=5)
               for _ in range(count)]
    for client in clients:
        client.sendall(start)
    return clients


@pytest.mark.parametrize("start", [b"G", b"GET /metrics HTTP/1.1\r\nHost: a\r\n",
                                   b"POST /metrics HTTP/1.1\r\nContent-Length: 10\r\n\r\nab"],
                         ids=["first byte", "half a head", "half a body"])
def test_slow_clients_do_not_starve_a_scrape(exporter, start):
    clients = connect(exporter, 100, start)
    begin = time.monotonic()
    for _ in range(5):
        assert exporter.page().value("redis_up") == 1
    seconds = time.monotonic() - begin
    for client in clients:
        client.close()
    assert seconds < 1


def test_clients_that_never_read_do_not_starve_a_scrape(exporter):
    clients = connect(exporter, 100, b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 20)
    begin = time.monotonic()
    for _ in range(5):
        assert exporter.page().value("redis_up") == 1
    seconds = time.monotonic() - begin
    for client in clients:
        client.close()
    assert seconds < 2


def test_requests_are_counted_by_handler_and_code(exporter):
    before = {tuple(sorted(labels.items())): value for labels, value in
              exporter.page().series("exporter_http_requests_total")}
    exporter.get("/nothing-here")
    after = exporter.page().series("exporter_http_requests_total", code="404")
    assert sum(value for _, value in after) == 1 + sum(
        value for labels, value in before.items() if ("code", "404") in labels)
    assert exporter.page().has("exporter_http_request_duration_seconds_bucket", le="+Inf")
