"""The lag of consumer groups whose entries were removed unread: redis/redis#13957."""

import pytest

from support.redis_servers import RedisServer

CONFIG = """
global: {{interval: 500ms}}
collectors:
  - type: redis
    url: "{url}"
    streams: [{{key: events}}]
  - type: queue
    url: "{url}"
    queues: [{{name: events, system: redis_stream, key: events, group: workers}}]
"""


@pytest.fixture
def server():
    server = RedisServer()
    yield server
    server.close()


def add(server, count):
    for _ in range(count):
        server.command("XADD", "events", "MAXLEN", "10", "*", "f", "v")


def read(server, count):
    server.command("XREADGROUP", "GROUP", "workers", "me", "COUNT", count, "NOACK", "STREAMS",
                   "events", ">")


def told(server):
    """What the server itself says."""
    group, = server.command("XINFO", "GROUPS", "events")
    return dict(zip(group[::2], group[1::2]))["lag"]


def shown(page):
    """As the collectors redis and queue have it; None if it is absent."""
    of_redis = page.series("redis_stream_group_lag", group="workers")
    of_queue = page.series("queue_depth", queue="events", state="waiting")
    return [series[0][1] if series else None for series in (of_redis, of_queue)]


def test_a_group_that_has_read_all_has_no_lag_that_the_server_invents(collect, server):
    server.command("XGROUP", "CREATE", "events", "workers", "0", "MKSTREAM")
    add(server, 5)
    read(server, 1)
    server.command("XTRIM", "events", "MAXLEN", "1")
    page = collect(CONFIG.format(url=server.url()))
    assert told(server) in (1, 4)     # Of one entry in all.
    assert shown(page) == [1, 1]
    read(server, 1)
    assert told(server) in (0, 3)
    assert shown(collect(CONFIG.format(url=server.url()))) == [0, 0]


def test_a_lag_is_exact_until_entries_go_unread_and_again_when_all_is_read(start_exporter, server):
    server.command("XGROUP", "CREATE", "events", "workers", "0", "MKSTREAM")
    exporter = start_exporter(CONFIG.format(url=server.url()))

    def change(added, consumed, *expected):
        add(server, added)
        if consumed:
            read(server, consumed)
        before = exporter.page()
        for collector in ("redis", "queue"):
            exporter.await_page(lambda page, name=collector: page.successes(name)
                                >= before.successes(name) + 2, 10, f"{collector} has looked")
        assert shown(exporter.page()) == list(expected)

    change(5, 5, 0, 0)
    change(30, 0, 10, 10)       # Twenty went unread, and it stands still.
    change(0, 5, None, None)    # Nobody knows how many of those it took for read.
    read(server, 5)             # Newer servers know again that it has read all.
    change(0, 0, 0, 0)
    server.command("XGROUP", "SETID", "events", "workers", "$")
    change(1, 1, 0, 0)          # From here on the server knows again.
    change(7, 4, 3, 3)
    change(7, 7, 3, 3)
    change(0, 3, 0, 0)


def test_entries_lost_unread_and_as_many_that_are_done_make_no_lag(collect, server):
    server.command("XGROUP", "CREATE", "events", "workers", "0", "MKSTREAM")
    for added, consumed in ((10, 10), (15, 5)):
        add(server, added)
        read(server, consumed)
    assert told(server) in (5, 10)     # Five are left of ten, as Valkey knows.
    assert shown(collect(CONFIG.format(url=server.url()))) == [None, None]


def test_consumers_that_delete_what_is_done_have_a_lag_at_every_moment(collect, server):
    server.command("XGROUP", "CREATE", "events", "workers", "0", "MKSTREAM")
    for _ in range(9):
        server.command("XADD", "events", "*", "f", "v")
    taken = server.command("XREADGROUP", "GROUP", "workers", "me", "COUNT", 4, "STREAMS",
                           "events", ">")
    for entry, _ in taken[0][1][:3]:
        server.command("XACK", "events", "workers", entry)
        server.command("XDEL", "events", entry)
    assert shown(collect(CONFIG.format(url=server.url()))) == [5, 5]


def test_a_user_who_may_not_see_the_stream_lacks_what_waits_alone(collect, server):
    server.command("XGROUP", "CREATE", "events", "workers", "0", "MKSTREAM")
    server.command("ACL", "SETUSER", "old", "on", ">old", "~*", "-@all", "+ping", "+select",
                   "+client|setname", "+info", "+exists", "+xinfo|groups", "+xpending", "+xlen")
    add(server, 5)
    page = collect(CONFIG.format(url=f"redis://old:old@127.0.0.1:{server.port}/0"), code=1)
    assert shown(page)[1] is None
    assert page.value("queue_depth", queue="events", state="active") == 0
    assert page.has("queue_consumers", queue="events")
    assert page.value("exporter_collector_errors_total", collector="queue",
                      reason="permission") == 1
