"""Broker URLs as Celery writes them, with real servers."""

import contextlib
import socket

import pytest

from support import celery_page as shown
from support.certificates import Certificates
from support.exporter import run
from support.processes import free_port
from support.rabbitmq import RabbitMq
from support.redis_servers import RedisClient, SentinelRedis, TlsRedis
from support.servers import REDIS_PASSWORD, WRONG_PASSWORD
from support.waiting import eventually


def await_listener(port):
    """RabbitMQ's API answers before the broker does."""
    def listens():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0
    return eventually(listens, 30, f"port {port} listens")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def tls_redis(certificates):
    server = TlsRedis(certificates, certificates.good)
    yield server
    server.close()


@pytest.fixture(scope="module")
def tls_rabbitmq(certificates):
    server = RabbitMq(certificates, certificates.good)
    await_listener(server.tls_port)
    yield server
    server.close()


@pytest.fixture
def broker(rabbitmq):
    return await_listener(rabbitmq.port) and rabbitmq


@pytest.fixture
def own_broker(own_rabbitmq):
    return await_listener(own_rabbitmq.port) and own_rabbitmq


def config(url, *keys):
    return shown.config(url, "queues: [orders]", "events: false", "control: false", *keys)


def test_sentinels_as_celery_lists_them_lead_to_the_master(collect):
    servers = SentinelRedis()
    try:
        RedisClient(servers.master.port).ask("LPUSH", "orders", "one", "two")
        urls = ";".join(f"sentinel://:{REDIS_PASSWORD}@127.0.0.1:{one.port}/0"
                        for one in servers.sentinels)
        page = collect(config(urls, f"master_name: {servers.NAME}"))
        assert page.value("celery_queue_length", queue_name="orders") == 2
        # The first sentinel is not there.
        urls = f"sentinel://:{REDIS_PASSWORD}@127.0.0.1:{free_port()}/0;" + urls
        page = collect(config(urls, f"master_name: {servers.NAME}"))
        assert page.value("celery_queue_length", queue_name="orders") == 2
    finally:
        servers.close()


@pytest.mark.parametrize("parameters, reason", [
    ("ssl_cert_reqs=CERT_REQUIRED&ssl_ca_certs={ca}", None),
    ("ssl_cert_reqs=required&ssl_ca_certs={ca}", None),
    ("ssl_cert_reqs=CERT_NONE", None),
    ("ssl_cert_reqs=none", None),
    ("ssl_cert_reqs=CERT_REQUIRED&ssl_ca_certs={other}", "connect"),
    ("ssl_cert_reqs=CERT_REQUIRED", "connect"),
    ("", "connect"),
])
def test_what_a_redis_url_says_about_tls_is_obeyed(collect, tls_redis, certificates, parameters,
                                                   reason):
    said = parameters.format(ca=certificates.certificate("ca"),
                             other=certificates.certificate("other-ca"))
    page = collect(config(f"{tls_redis.tls_url()}?{said}"), code=1 if reason else 0)
    assert page.up("celery") == (0 if reason else 1)
    if reason:
        assert page.errors("celery", reason) == 1


@pytest.mark.parametrize("parameters, is_good", [
    ("cacertfile={ca}&verify=verify_peer", True), ("verify=verify_none", True),
    ("cacertfile={other}", False), ("heartbeat=10", False)])
def test_what_a_rabbitmq_url_says_about_tls_is_obeyed(collect, tls_rabbitmq, certificates,
                                                      parameters, is_good):
    said = parameters.format(ca=certificates.certificate("ca"),
                             other=certificates.certificate("other-ca"))
    url = f"{tls_rabbitmq.tls_url()}?{said}"
    page = collect(shown.config(url, "events: false", "control: false"), code=0 if is_good else 1)
    assert page.up("celery") == int(is_good)


@pytest.mark.parametrize("host, is_checked", [("127.0.0.1", "true"), ("127.0.0.1", "false")])
def test_the_host_of_a_certificate_is_checked_unless_the_url_says_no(
        collect, certificates, host, is_checked):
    server = TlsRedis(certificates, "wrong-host")
    try:
        url = (f"{server.tls_url(host)}?ssl_ca_certs={certificates.certificate('ca')}"
               f"&ssl_check_hostname={is_checked}")
        is_good = is_checked == "false"
        page = collect(config(url), code=0 if is_good else 1)
        assert page.up("celery") == int(is_good)
    finally:
        server.close()


@contextlib.contextmanager
def mute_port():
    """A port that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_the_first_broker_of_a_list_that_can_be_reached_is_asked(collect, broker):
    good = broker.url()
    with mute_port() as mute:
        for first in (broker.url(port=free_port()), broker.url(port=mute)):
            for urls in (f"{first};{good}", f"{good};{first}"):
                page = collect(shown.config(urls, "events: false", "control: false",
                                            interval="2s"))
                assert page.up("celery") == 1


def test_a_list_without_a_broker_names_each(broker, tmp_path):
    ports = free_port(), free_port()
    path = tmp_path / "list.yaml"
    path.write_text(shown.config(";".join(broker.url(port=port) for port in ports),
                                 "events: false", "control: false"))
    done = run("collect", "--config", path)
    assert done.returncode == 1
    assert all(f"127.0.0.1:{port}: " in done.stderr for port in ports)


def test_a_login_that_is_refused_is_not_tried_at_the_next_broker(collect, broker):
    urls = f"{broker.url(password=WRONG_PASSWORD)};{broker.url()}"
    page = collect(shown.config(urls, "events: false", "control: false"), code=1)
    assert page.up("celery") == 0
    assert page.errors("celery", "auth") == 1


def test_another_broker_takes_over_and_events_are_heard_there(start_exporter, own_broker,
                                                              broker):
    def config_of(*brokers):
        urls = ";".join(one.url() for one in brokers)
        return shown.config(urls, "control: false", interval="1s")
    for one in (own_broker, broker):
        one.api("PUT", "/api/exchanges/%2F/celeryev", {"type": "topic", "durable": True})
    exporter = start_exporter(config_of(own_broker, broker))
    exporter.await_page(shown.is_listening, 15, "it listens to the first")
    own_broker.kill()
    exporter.await_page(lambda page: page.up("celery") == 1 and shown.is_listening(page), 30,
                        "it listens to the second")
