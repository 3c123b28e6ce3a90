"""Whatever a server sends, the exporter stays within 64 MiB, says `limit`, and goes on."""

import contextlib

import pytest

from support import bulk, celery_events
from support.certificates import Certificates
from support.exporter import Exporter
from support.redis_servers import RedisServer
from support.servers import Postgres
from support.waiting import eventually

pytestmark = pytest.mark.release_only

MEGABYTE = 1_000_000
LARGE = 100 * MEGABYTE
MOST_KIB = 64 << 10
EVERY = "    interval: 8s\n    timeout: 8s\n"


class Watched:
    """An exporter with the collector `shop` and a small one beside it."""

    def __init__(self, folder, collector):
        beside = bulk.SqliteFile(folder / "beside.db")
        self.exporter = Exporter(
            f"collectors:\n  - name: shop\n{collector}{EVERY}"
            f"  - {{type: sql, name: beside, dsn: \"{beside.url()}\", interval: 1s, timeout: 1s,"
            " queries: [{name: q, sql: SELECT 7 AS v,"
            " metrics: [{name: beside_value, value: v}]}]}\n", ready=False)
        self.exporter.await_healthy()

    def await_limit(self, times=1):
        self.await_failure("limit", times)

    def await_failure(self, reason, times=1):
        self.exporter.await_page(lambda page: page.errors("shop", reason) >= times, 120,
                                 f"{times} failures with the reason {reason}")

    def await_good(self, is_good):
        self.exporter.await_page(is_good, 120, "the next run works again")

    def finish(self, reason="limit"):
        """Expects that nothing beside was harmed, and that memory held."""
        page = self.exporter.page()
        assert page.value("beside_value") == 7
        assert page.errors("beside", "limit") == 0
        reasons = {dict(labels)["reason"]: value for labels, value in
                   page.series("exporter_collector_errors_total", collector="shop") if value}
        # A busy machine may not send so much in time.
        assert set(reasons) <= {reason, "timeout"}, f"{reasons}\n{self.exporter.log()}"
        peak = self.exporter.memory("VmHWM")
        assert peak < MOST_KIB, f"{peak} KiB"


@pytest.fixture
def watch(tmp_path):
    with contextlib.ExitStack() as stack:
        def start(collector):
            watched = Watched(tmp_path, collector)
            stack.callback(watched.exporter.close)
            return watched

        yield start


def sql_collector(dsn, texts):
    return f"    type: sql\n    dsn: \"{dsn}\"\n    max_db_time: 100%\n{texts.queries()}"


def is_whole(page):
    return all(page.has(f"{shape}_value") for shape in bulk.SHAPES)


def survives(watch, server, dsn, texts, shapes=bulk.SHAPES, size=LARGE):
    """A cell, a row and rows that are too large, in one run; then all is small again."""
    server.sql(texts.sizes(**dict.fromkeys(shapes, size)))
    watched = watch(sql_collector(dsn, texts))
    watched.await_limit(len(shapes))
    page = watched.exporter.page()
    assert page.value("good_value", label="x") == 5
    assert {shape for shape in bulk.SHAPES if page.has(f"{shape}_value")} \
        == set(bulk.SHAPES) - set(shapes)
    server.sql(texts.sizes())
    watched.await_good(is_whole)
    watched.finish()
    return watched.exporter.log()


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    certificates = Certificates(tmp_path_factory.mktemp("certificates"))
    server = Postgres()
    server.use_tls(certificates.certificate("good"), certificates.key("good"))
    server.sql(bulk.Bulk.FILL + "GRANT SELECT ON bulk TO exporter")
    yield server
    server.close()


@pytest.mark.parametrize("way", ["tcp", "tls", "socket"])
def test_no_answer_of_postgres_takes_more_than_64_mib(postgres, watch, way):
    dsn = {"tcp": postgres.url() + "?sslmode=disable",
           "tls": postgres.url() + "?sslmode=require",
           "socket": postgres.socket_url()}
    log = survives(watch, postgres, dsn[way], bulk.POSTGRES)
    assert "a row of the answer is larger than 4 MiB: ask for the part that is needed" in log
    assert "the answer would take more than 32 MiB of memory: ask for fewer rows" in log


def test_no_answer_of_mysql_takes_more_than_64_mib(mariadb, watch):
    mariadb.sql("SET GLOBAL max_allowed_packet = 1 << 30")
    mariadb.sql(bulk.Bulk.FILL)
    try:
        log = survives(watch, mariadb, mariadb.url(), bulk.MYSQL)
    finally:
        mariadb.sql("DROP TABLE bulk")
    assert "a row of the answer is larger than 4 MiB: ask for the part that is needed" in log


def test_long_labels_are_refused_before_they_are_on_the_page(watch, tmp_path):
    server = bulk.SqliteFile(tmp_path / "shop.db")
    server.sql("CREATE TABLE texts (label text)")
    fill = ("INSERT INTO texts WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s"
            " WHERE i < {0}) SELECT printf('%1500d', i) FROM s")
    server.sql(fill.format(10_000))
    watched = watch(f"    type: sql\n    dsn: \"{server.url()}\"\n    queries:\n"
                    "      - {name: texts, sql: 'SELECT 1 AS v, label FROM texts',"
                    " metrics: [{name: text_value, value: v, labels: [label]}]}\n")
    watched.await_limit()
    server.sql("DELETE FROM texts;" + fill.format(10))
    watched.await_good(lambda page: len(page.series("text_value")) == 10)
    watched.finish()
    assert "the labels hold more than 4 MiB of long texts" in watched.exporter.log()


# Of a row of 3,000 MB each cell is within its bound.
@pytest.mark.parametrize("shapes, size", [(("cell", "rows"), LARGE), (("row",), 30 * LARGE)])
def test_no_answer_of_sqlite_takes_more_than_64_mib(watch, tmp_path, shapes, size):
    server = bulk.SqliteFile(tmp_path / "shop.db")
    log = survives(watch, server, server.url(), bulk.SQLITE, shapes, size)
    assert ("the query takes more than 24 MiB of memory: ask for less" in log) == ("row" in shapes)


def test_a_stored_text_of_sqlite_is_not_read_to_be_refused(watch, tmp_path):
    server = bulk.SqliteFile(tmp_path / "shop.db")
    server.sql(f"CREATE TABLE stored AS SELECT hex(zeroblob({LARGE // 2})) AS label")
    watched = watch(f"    type: sql\n    dsn: \"{server.url()}\"\n    queries:\n"
                    "      - {name: stored, sql: 'SELECT 1 AS v, label FROM stored',"
                    " metrics: [{name: stored_value, value: v, labels: [label]}]}\n")
    watched.await_limit()
    server.sql("UPDATE stored SET label = 'short'")
    watched.await_good(lambda page: page.has("stored_value", label="short"))
    watched.finish()


QUEUE = (b'{"name":"jobs","messages_ready":3,"messages_unacknowledged":0,"consumers":1,'
         b'"state":"running","type":"classic"}')


def http_answer(body):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("head, piece", [(b"Content-Length: 100000000\r\n\r\n", b"["),
                                         (CHUNKED + b"5f5e100\r\n", b"["),
                                         (CHUNKED, b"40\r\n" + b"[" * 64 + b"\r\n"),
                                         (b"X: ", b"x"), (b"", b"X: x\r\n")],
                         ids=["long", "one chunk", "chunks", "header", "headers"])
def test_no_answer_over_http_takes_more_than_64_mib(watch, head, piece):
    large = True

    def answer(connection, _):
        if not large:
            return connection.sendall(http_answer(QUEUE))
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head)
        return bulk.send_bulk(connection, piece, LARGE)

    with contextlib.closing(bulk.ScriptedServer(answer)) as server:
        watched = watch(f"    type: queue\n    url: \"http://127.0.0.1:{server.port}/it\"\n"
                        "    queues: [{name: jobs}]\n")
        watched.await_limit()
        large = False
        watched.await_good(lambda page: page.has("queue_depth", queue="jobs"))
        watched.finish()


INFO = b"redis_version:7.0.15\r\nrole:master\r\nuptime_in_seconds:100\r\nconnected_clients:3\r\n"


def databases(size):
    """INFO of about so many bytes, of which each line becomes a series."""
    lines = (b"db%d:keys=1\r\n" % n for n in range(size // 18))
    return INFO + b"".join(lines)


@pytest.mark.parametrize("large", [INFO + b"x" * (64 << 20), databases(15 << 20)],
                         ids=["a line of 64 MiB", "15 MiB of databases"])
def test_no_info_of_redis_takes_more_than_64_mib(watch, large):
    info = large

    def answer(connection, said):
        for command in said.split(b"*")[1:]:
            text = info if b"INFO" in command else b""
            connection.sendall(b"$%d\r\n%s\r\n" % (len(text), text) if text else b"+OK\r\n")

    with contextlib.closing(bulk.ScriptedServer(answer)) as server:
        watched = watch(f"    type: redis\n    url: \"redis://127.0.0.1:{server.port}\"\n")
        watched.await_limit()
        info = INFO
        watched.await_good(lambda page: page.up("shop") == 1)
        assert watched.exporter.page().value("beside_value") == 7
        assert watched.exporter.memory("VmHWM") < MOST_KIB


def test_an_event_of_64_mb_takes_less_and_the_next_one_counts(watch):
    with contextlib.closing(RedisServer("--client-output-buffer-limit", "pubsub 0 0 0")) as server:
        watched = watch(f"    type: celery\n    url: \"{server.url()}\"\n    control: false\n")
        with server.client() as client:
            eventually(lambda: client.ask("PUBSUB", "NUMPAT") > 0, 20, "a subscription")
            client.ask("PUBLISH", "/0.celeryev/task.multi", "[" * (64 * MEGABYTE))
            client.ask("PUBLISH", "/0.celeryev/task.multi", "[" * (15 * MEGABYTE))

            def is_heard():
                heartbeat = celery_events.event("worker-heartbeat", "one@box")
                celery_events.publish(client, heartbeat)
                return watched.exporter.page().has("celery_worker_up", hostname="one@box")

            eventually(is_heard, 40, "the next event is heard")
        watched.finish()


def pg_message(kind, body):
    return kind + (len(body) + 4).to_bytes(4, "big") + body


PG_ACCEPTED = pg_message(b"R", bytes(4))
# A message that announces more than ever comes of it: its text begins, and goes on.
PG_TEXT = (LARGE * 2).to_bytes(4, "big") + b"SERROR\0VERROR\0CP0001\0M"
PG_NOTIFICATION = pg_message(b"A", bytes(4) + b"channel\0" + b"x" * 1000 + b"\0")
PG_PARAMETER = pg_message(b"S", b"name\0" + b"x" * 1000 + b"\0")
MYSQL_GREETING = (b"\x0a8.0.36\0\1\2\3\4scramble\0\x09\x82\x2d\2\0\x08\0\x15" + bytes(10)
                  + b"scramble-two\0mysql_native_password\0")
MYSQL_GREETED = len(MYSQL_GREETING).to_bytes(3, "little") + b"\0" + MYSQL_GREETING
SQL = ("    type: sql\n    dsn: \"{}\"\n    queries: [{{name: q, sql: SELECT 1 AS v,"
       " metrics: [{{name: one_value, value: v}}]}}]\n")
OF_POSTGRES = SQL.format("postgres://ann@127.0.0.1:PORT/shop?sslmode=disable")
OF_MYSQL = SQL.format("mysql://ann:x@127.0.0.1:PORT/shop?tls=disabled")
OF_REDIS = "    type: redis\n    url: \"redis://ann:x@127.0.0.1:PORT\"\n"
OF_RABBITMQ = ("    type: queue\n    url: \"amqp://ann:x@127.0.0.1:PORT/\"\n"
               "    queues: [{name: jobs}]\n")


@pytest.mark.parametrize("collector, greeting, head, piece, reason", [
    (OF_POSTGRES, b"", b"E" + PG_TEXT, b"x", "connect"),
    (OF_POSTGRES, b"", PG_ACCEPTED + b"E" + PG_TEXT, b"x", "limit"),
    (OF_POSTGRES, b"", PG_ACCEPTED + b"N" + PG_TEXT, b"x", "limit"),
    (OF_POSTGRES, b"", PG_ACCEPTED, PG_NOTIFICATION, "limit"),
    (OF_POSTGRES, b"", PG_ACCEPTED, PG_PARAMETER, "limit"),
    (OF_MYSQL, MYSQL_GREETED, b"\xff\xff\xff\2\xff\x15\4#28000", b"x", "connect"),
    (OF_REDIS, b"", b"-", b"x", "protocol"),
    (OF_REDIS, b"", b"*1000000\r\n", b"+OK\r\n", "limit"),
    (OF_RABBITMQ, b"", b"\1\0\0\5\xf5\xe1\0", b"x", "protocol"),
], ids=["refusal of PostgreSQL", "error", "notice", "notifications", "parameters",
        "answer to a login of MySQL", "line to a login of Redis", "array to a login of Redis",
        "frame of RabbitMQ"])
def test_nothing_that_comes_before_a_session_takes_more_than_64_mib(watch, collector, greeting,
                                                                    head, piece, reason):
    def answer(connection, _):
        connection.sendall(head)
        bulk.send_bulk(connection, piece, LARGE)

    with contextlib.closing(bulk.ScriptedServer(answer, greeting)) as server:
        watched = watch(collector.replace("PORT", str(server.port)))
        watched.await_failure(reason)
        watched.finish(reason)
