"""Real neighbours on real brokers. NEIGHBOURS=all has them in all versions that we know."""

import os

import pytest

from support.celery_neighbours import Neighbours
from support.celery_places import RabbitPlace, RedisPlace
from support.celery_versions import ALL, VERSIONS
from support.redis_servers import RedisServer


def _versions():
    """Those that NEIGHBOURS lists, as 5.3,5.7, or all; two when it is not set."""
    wanted = os.environ.get("NEIGHBOURS", "")
    named = {"": VERSIONS, "all": ALL}.get(wanted, tuple(wanted.split(",")))
    unknown = set(named) - set(ALL)
    assert not unknown, f"NEIGHBOURS={wanted}: all, or some of {','.join(ALL)}"
    return named


@pytest.fixture(scope="session", params=_versions(), ids="celery {}".format)
def version(request):
    return request.param


@pytest.fixture(scope="session")
def redis_places():
    """A server with more databases than there are stories."""
    server = RedisServer("--databases", 10000)
    yield server
    server.close()


@pytest.fixture
def redis_place(redis_places):
    place = RedisPlace(redis_places)
    yield place
    place.close()


@pytest.fixture
def rabbit_place(rabbitmq):
    place = RabbitPlace(rabbitmq)
    yield place
    place.close()


@pytest.fixture(params=["redis", "rabbitmq"])
def place(request):
    """A broker of each kind, empty."""
    return request.getfixturevalue("redis_place" if request.param == "redis" else "rabbit_place")


@pytest.fixture
def neighbours(version):
    """Yields a maker of neighbours in a place; ends them afterwards."""
    made = []

    def move_in(place, **options):
        made.append(Neighbours(version, place, **options))
        return made[-1]

    yield move_in
    for one in made:
        one.close()
