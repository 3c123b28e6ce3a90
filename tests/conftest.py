"""What the integration and the e2e layer share: real servers and the real binary."""

import pytest

from support import other_servers
from support.exporter import Exporter
from support.mysql import own_server
from support.rabbitmq import RabbitMq
from support.redis_servers import RedisServer
from support.servers import SECRETS, Postgres, Redis


def pytest_configure(config):
    other_servers.choose()
    config.addinivalue_line("markers",
                            "release_only: it weighs or times the binary, or counts its threads or "
                            "descriptors: a sanitizer has some of its own")
    config.addinivalue_line("markers", "mariadb_only: of what MySQL has not")


def pytest_terminal_summary(terminalreporter):
    if other_servers.NAME:
        terminalreporter.write_line(other_servers.version())


@pytest.fixture(scope="session")
def postgres():
    """A server that a test may read, and use in tables and roles of its own."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture(scope="session")
def redis():
    """A server that a test may read, and use in keys of its own."""
    server = Redis()
    yield server
    server.close()


@pytest.fixture(scope="session")
def mariadb():
    """A server that a test may read, and use in tables and users of its own."""
    server = own_server()
    yield server
    server.close()


@pytest.fixture(scope="module")
def redis_broker():
    """An empty server for the tests of one file."""
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def rabbitmq():
    """A broker that a test may use in queues, users and virtual hosts of its own."""
    server = RabbitMq()
    yield server
    server.close()


@pytest.fixture
def own_rabbitmq():
    """A broker for one test, to stop and to kill."""
    server = RabbitMq()
    yield server
    server.close()


@pytest.fixture
def own_mariadb():
    """A server for one test, to stop and to kill."""
    server = own_server()
    yield server
    server.close()


@pytest.fixture
def own_postgres():
    """A server for one test, to stop and to kill."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture
def own_redis():
    server = Redis()
    yield server
    server.close()


def _exporters():
    """Yields a starter of exporters; ends them afterwards. None may have shown a secret."""
    started = []

    def start(*arguments, **options):
        started.append(Exporter(*arguments, **options))
        return started[-1]

    yield start
    shown = [text for exporter in started for text in (exporter.log(), *exporter.pages)]
    for exporter in started:
        exporter.close()
    for secret in SECRETS:
        assert not any(secret in text for text in shown), f"shown: {secret}"


start_exporter = pytest.fixture(_exporters)
module_exporter = pytest.fixture(_exporters, scope="module")
