"""The front door: accept(2) fails, or nothing can be listened on."""

import errno
import os
import socket
import time

import pytest

from support.exporter import run
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

CALM = "global: {{interval: 1h}}\ncollectors: [{{type: redis, url: '{redis}'}}]"


@pytest.fixture
def start_failing(start_exporter, redis, tmp_path):
    """Starts an exporter whose accept calls fail with `error`; `when` is strace's."""
    trace = tmp_path / "trace"

    def start(error, when, ready=True):
        # -D: the tracer is beside the exporter, and not its parent.
        exporter = start_exporter(
            CALM.format(redis=redis.url()), ready=ready,
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


@pytest.mark.parametrize("address, reason", [
    ("192.0.2.1:0", "Cannot assign requested address"), ("no-such-host.invalid:0", ""),
    ("[2001:db8::1]:0", "")])
def test_an_address_that_cannot_be_listened_on_is_a_clear_error(tmp_path, address, reason):
    path = tmp_path / "exporter.yaml"
    path.write_text(CALM.format(redis="redis://127.0.0.1:1/0"))
    done = run("--config", path, "--web.listen-address", address)
    assert done.returncode == 2
    assert f"exporter: cannot listen on {address}: {reason}" in done.stderr
