"""The front door: accept(2) fails, pages queue, time to stop."""

import contextlib
import errno
import multiprocessing
import os
import selectors
import socket
import sqlite3
import statistics
import subprocess
import time

import pytest

from support.exporter import BINARY, run
from support.waiting import eventually

# Every error that accept(2) may give and that passes.
ERRORS = {
    "ENFILE": "descriptors", "EMFILE": "descriptors", "ENOBUFS": "memory", "ENOMEM": "memory",
    "ENOSR": "memory", "ECONNABORTED": "network", "EPROTO": "network", "EPERM": "network",
    "ENETDOWN": "network", "EHOSTDOWN": "network", "EHOSTUNREACH": "network", "ENONET": "network",
    "ENETUNREACH": "network", "EOPNOTSUPP": "network", "ENOPROTOOPT": "network",
    "ETIMEDOUT": "network", "ESOCKTNOSUPPORT": "network", "EPROTONOSUPPORT": "network",
    "EAGAIN": None, "EINTR": None,
}

# A traced process cannot be searched for leaks when it ends; for all else it can.
TRACED = {"ASAN_OPTIONS": "detect_leaks=0"}
CALM = "global: {{interval: 1h}}\ncollectors: [{{type: redis, url: '{redis}'}}]"


@pytest.fixture
def start_failing(start_exporter, redis, tmp_path):
    """Starts an exporter whose accept calls fail with `error`; `when` is strace's."""
    trace = tmp_path / "trace"

    def start(error, when, ready=True):
        # -D: the tracer is beside the exporter, and not its parent.
        exporter = start_exporter(
            CALM.format(redis=redis.url()), ready=ready, env=TRACED,
            under=["strace", "-D", "-f", "-q", "-o", trace, "-e", "trace=accept,accept4",
                   "-e", f"inject=accept,accept4:error={error}:when={when}"])
        exporter.failed_accepts = lambda: trace.exists() and trace.read_text().count("(INJECTED)")
        return exporter

    return start


def await_listening(exporter):
    eventually(lambda: 'msg="serving"' in exporter.log(), 15, "the exporter serves")


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_of_accept_at_the_start_and_later_costs_no_client_its_answer(start_failing, error):
    exporter = start_failing(error, "1+3")
    for _ in range(10):
        assert exporter.get("/-/healthy").status == 200
    page = exporter.page()
    assert exporter.failed_accepts() >= 4
    counted = {labels["reason"]: value for labels, value in
               page.series("exporter_http_accept_errors_total")}
    for reason, value in counted.items():
        assert (value >= 4) if reason == ERRORS[error] else (value == 0), counted
    logged = [line for line in exporter.log().splitlines() if "accept" in line]
    assert len(logged) == (1 if ERRORS[error] else 0), logged
    assert exporter.stop()[0] == 0


def test_a_burst_of_errors_delays_the_clients_and_loses_none(start_failing):
    exporter = start_failing("ENFILE", "1..20", ready=False)
    await_listening(exporter)
    assert exporter.get("/-/healthy").status == 200
    assert exporter.failed_accepts() == 20


@pytest.mark.parametrize("error", ["EMFILE", "ECONNABORTED", "EAGAIN"])
def test_an_accept_that_never_succeeds_again_does_not_spin(start_failing, error):
    exporter = start_failing(error, "1+", ready=False)
    await_listening(exporter)
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", exporter.port), timeout=5):
        eventually(lambda: exporter.failed_accepts() >= 20, 20, "20 attempts")
        assert exporter.failed_accepts() <= 10 + 10 * (time.monotonic() - start)
    assert exporter.log().count("cannot be accepted") == 1
    assert exporter.stop()[0] == 0


@pytest.mark.parametrize("error", ["EBADF", "EINVAL", "ENOTSOCK"])
@pytest.mark.parametrize("when", [1, 3])
def test_a_listener_that_cannot_go_on_ends_the_process_with_a_reason(start_failing, error, when):
    exporter = start_failing(error, when, ready=False)
    await_listening(exporter)
    for _ in range(when):
        try:
            exporter.get("/-/healthy")
        except (ConnectionError, OSError):
            pass  # the last one
    assert exporter.child.wait(10) == 2
    reason = os.strerror(getattr(errno, error))
    assert f"no connection can be accepted on port {exporter.port} any more: {reason}" \
        in exporter.log()


@pytest.mark.release_only
def test_a_process_that_may_start_no_thread_ends_with_a_reason(tmp_path):
    path = tmp_path / "exporter.yaml"
    path.write_text(CALM.format(redis="redis://127.0.0.1:1/0"))
    # The watchdog's, a worker's of the HTTP server, the lobby's and the collector's.
    for when in (1, 3, 6, 7):
        done = subprocess.run(
            ["strace", "-D", "-f", "-q", "-o", tmp_path / "trace", "-e", "trace=clone,clone3",
             "-e", f"inject=clone,clone3:error=EAGAIN:when={when}+", BINARY, "--config", path,
             "--web.listen-address", "127.0.0.1:0"],
            capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 2, (when, done)
        assert done.stderr.endswith("exporter: the system has no thread or descriptor left: "
                                    "Resource temporarily unavailable\n")


def limited(descriptors):
    return "sh", "-c", f'ulimit -n {descriptors}; exec "$0" "$@"'


@pytest.mark.release_only
def test_a_process_that_may_open_too_few_descriptors_says_how_many_it_needs(tmp_path,
                                                                            start_exporter):
    path = tmp_path / "exporter.yaml"
    path.write_text(CALM.format(redis="redis://127.0.0.1:1/0"))
    command = [BINARY, "--config", path, "--web.listen-address", "127.0.0.1:0"]
    for few in (5, 12, 17):
        done = subprocess.run([*limited(few), *command], capture_output=True, text=True, timeout=30,
                              check=False)
        assert done.returncode == 2, done
        assert done.stderr == (
            f"exporter: the process may open {few} descriptors, and this configuration needs 18 at"
            " least: raise the limit (ulimit -n, LimitNOFILE=)\n")
    exporter = start_exporter(path.read_text(), under=limited(18))
    assert exporter.page().errors("redis", "connect") == 1


@pytest.mark.parametrize("address, reason", [
    ("192.0.2.1:0", "Cannot assign requested address"), ("no-such-host.invalid:0", ""),
    ("[2001:db8::1]:0", "")])
def test_an_address_that_cannot_be_listened_on_is_a_clear_error(tmp_path, address, reason):
    path = tmp_path / "exporter.yaml"
    path.write_text(CALM.format(redis="redis://127.0.0.1:1/0"))
    done = run("--config", path, "--web.listen-address", address)
    assert done.returncode == 2
    assert f"exporter: cannot listen on {address}: {reason}" in done.stderr


def get(path, encoding="identity"):
    return (f"GET {path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {encoding}\r\n"
            "Connection: close\r\n\r\n").encode()


def read_pages(port, clients, under_way):
    """Keeps `clients` requests for the narrowed page under way, for ever."""
    selector = selectors.DefaultSelector()
    chunk = bytearray(1 << 20)

    def ask():
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(get("/metrics?collector=sql"))
        selector.register(client, selectors.EVENT_READ)

    for _ in range(clients):
        ask()
    while True:
        for key, _ in selector.select():
            if not key.fileobj.recv_into(chunk):
                under_way.set()
                selector.unregister(key.fileobj)
                key.fileobj.close()
                ask()


@contextlib.contextmanager
def page_readers(port, clients):
    forked = multiprocessing.get_context("fork")
    under_way = forked.Event()
    reader = forked.Process(target=read_pages, args=(port, clients, under_way), daemon=True)
    reader.start()
    assert under_way.wait(60), "no page was answered"
    yield
    assert reader.is_alive()  # else a connection was refused
    reader.terminate()
    reader.join(10)


@pytest.fixture
def large(start_exporter, tmp_path):
    """An exporter whose page has 100,000 series."""
    database = tmp_path / "large.db"
    sqlite3.connect(database).close()
    exporter = start_exporter(f"""
global: {{interval: 1h, timeout: 1m}}
collectors:
  - type: sql
    dsn: "sqlite://{database}"
    max_series: 100000
    max_rows: 100000
    queries:
      - sql: >
          WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
          SELECT i, 'shop-' || i AS shop FROM n
        metrics: [{{name: shop_orders, value: i, labels: [shop]}}]
""", ready=False)
    exporter.await_ready(60)
    exporter.await_page(
        lambda page: page.value("exporter_collector_series", collector="sql") == 100_000, 60,
        "every series is on the page")
    return exporter


def seconds_to_answer(exporter, path):
    start = time.monotonic()
    assert exporter.get(path).status == 200
    return time.monotonic() - start


@pytest.mark.release_only
@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready"])
def test_a_probe_does_not_wait_behind_pages(large, path):
    idle = statistics.median(seconds_to_answer(large, path) for _ in range(20))
    with page_readers(large.port, 64):
        busy = statistics.median(seconds_to_answer(large, path) for _ in range(40))
    print(f"{path}: {idle * 1e3:.2f} ms idle, {busy * 1e3:.2f} ms under load")
    assert busy < idle + 0.05


def test_sigterm_with_200_queued_requests_ends_it_at_once(large):
    clients = []
    for i in range(200):
        clients.append(socket.create_connection(("127.0.0.1", large.port), timeout=5))
        clients[-1].sendall(get("/metrics?collector=sql", ("identity", "gzip")[i % 2]))
    assert large.get("/-/healthy").status == 200  # so that those before it are queued
    code, seconds = large.stop()  # while none of them reads
    print(f"SIGTERM: {seconds:.3f} s")
    for client in clients:
        client.close()
    assert code == 0
    assert seconds < 5  # 0.3 s where the machine is ours
