"""The queue collector against a real RabbitMQ, by its management API and by AMQP."""

import http.client
import http.server
import json
import subprocess
import threading
import time

import pytest

from support.faults import Fault, FaultProxy
from support.servers import WRONG_PASSWORD
from support.waiting import eventually

# Runs under the interpreter of the distribution, whose python3-amqp it needs.
CLIENT = """
import json, sys
import amqp

connection = amqp.Connection(host=f"127.0.0.1:{sys.argv[1]}", userid=sys.argv[2],
                             password=sys.argv[3], virtual_host=sys.argv[4])
connection.connect()
channel = connection.channel()
for line in sys.stdin:
    call, arguments = json.loads(line)
    if call == "publish":
        for i in range(arguments.pop("count")):
            channel.basic_publish(amqp.Message("x", delivery_mode=2, **arguments["properties"]),
                                  routing_key=arguments["queue"])
        channel.queue_declare(arguments["queue"], passive=True)
    elif call == "hold":   # A consumer that takes some, and acknowledges none.
        channel.basic_qos(0, arguments["count"], False)
        got = []
        channel.basic_consume(arguments["queue"], callback=got.append)
        while len(got) < arguments["count"]:
            connection.drain_events(timeout=10)
    else:
        getattr(channel, call)(**arguments)
    print("done", flush=True)
"""


class Client:
    """An AMQP connection that does what it is told, until it is closed."""

    def __init__(self, broker, vhost="/"):
        self._child = subprocess.Popen(
            ["/usr/bin/python3", "-c", CLIENT, str(broker.port), broker.USER, broker.PASSWORD,
             vhost],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, call, **arguments):
        self._child.stdin.write(json.dumps([call, arguments]) + "\n")
        self._child.stdin.flush()
        assert self._child.stdout.readline() == "done\n", call

    def publish(self, queue, count, **properties):
        self("publish", queue=queue, count=count, properties=properties)

    def close(self):
        self._child.stdin.close()
        self._child.stdout.close()
        self._child.wait(timeout=10)


@pytest.fixture
def client(rabbitmq):
    """A connection to a virtual host of the test's own."""
    rabbitmq.make_vhost("it")
    client = Client(rabbitmq, "it")
    yield client
    client.close()
    rabbitmq.api("DELETE", "/api/vhosts/it")


def config(url, *lines):
    return "\n".join(["collectors:", "  - type: queue", f'    url: "{url}"',
                      *(f"    {line}" for line in lines)])


def api_url(broker, vhost="it", port=None, **login):
    return f"{broker.api_url(port=port, **login)}/{vhost}"


def amqp_url(broker, vhost="it", port=None, **login):
    return broker.url(vhost=vhost, port=port, **login)


BOTH_WAYS = pytest.mark.parametrize("url", [api_url, amqp_url])


def has_counts(broker, queue, ready, unacked=0, consumers=0):
    """Waits until the broker's statistics, which lag, are these."""
    def told():
        row = broker.api("GET", f"/api/queues/it/{queue}")
        return (row.get("messages_ready"), row.get("messages_unacknowledged"),
                row.get("consumers")) == (ready, unacked, consumers)

    eventually(told, 30, f"{queue} has {ready}, {unacked}, {consumers}")


def depths(page, queue):
    return {labels["state"]: value
            for labels, value in page.series("queue_depth", queue=queue, system="rabbitmq")}


@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_ready_unacked_and_consumers_are_what_the_broker_has(collect, rabbitmq, client, kind):
    client("queue_declare", queue="jobs", durable=True, auto_delete=False,
           arguments={"x-queue-type": kind})
    client.publish("jobs", 14)
    client("hold", queue="jobs", count=8)
    has_counts(rabbitmq, "jobs", 6, 8, 1)
    for url, expected in ((api_url, {"waiting": 6, "unacked": 8}), (amqp_url, {"waiting": 6})):
        page = collect(config(url(rabbitmq), "queues: [{name: jobs}]"))
        assert depths(page, "jobs") == expected
        assert page.value("queue_consumers", queue="jobs", system="rabbitmq") == 1
        assert not page.has("queue_oldest_age_seconds")


def test_a_stream_keeps_what_was_read_and_has_nothing_that_waits(collect, rabbitmq, client):
    for queue, kind in (("log", "stream"), ("jobs", "classic")):
        client("queue_declare", queue=queue, durable=True, auto_delete=False,
               arguments={"x-queue-type": kind})
        client.publish(queue, 5)
    has_counts(rabbitmq, "log", 5)
    has_counts(rabbitmq, "jobs", 5)
    page = collect(config(api_url(rabbitmq), "discover: [rabbitmq]"))
    assert depths(page, "log") == {"unacked": 0}
    assert depths(page, "jobs") == {"waiting": 5, "unacked": 0}
    assert page.value("queue_consumers", queue="log", system="rabbitmq") == 0
    page = collect(config(api_url(rabbitmq), "queues: [{name: log}]"), code=1)
    assert depths(page, "log") == {"unacked": 0}
    assert page.errors("queue", "missing") == 1


def test_a_message_with_a_timestamp_tells_the_age_of_the_queue(collect, rabbitmq, client):
    client("queue_declare", queue="dated", auto_delete=False)
    client.publish("dated", 2, timestamp=int(time.time()) - 1000)
    eventually(lambda: rabbitmq.api("GET", "/api/queues/it/dated").get("head_message_timestamp"),
               30, "the broker tells the timestamp")
    has_counts(rabbitmq, "dated", 2, 0, 0)
    page = collect(config(api_url(rabbitmq), "queues: [{name: dated}]"))
    age = page.value("queue_oldest_age_seconds", queue="dated", system="rabbitmq")
    assert 1000 <= age < 1040


def test_the_head_of_a_queue_with_priorities_tells_no_age(collect, rabbitmq, client):
    client("queue_declare", queue="urgent", auto_delete=False, arguments={"x-max-priority": 9})
    now = int(time.time())
    client.publish("urgent", 1, timestamp=now - 1000, priority=0)
    client.publish("urgent", 1, timestamp=now - 5, priority=9)
    eventually(lambda: rabbitmq.api("GET", "/api/queues/it/urgent").get("head_message_timestamp")
               == now - 5, 30, "the broker tells the timestamp of the later one")
    has_counts(rabbitmq, "urgent", 2, 0, 0)
    page = collect(config(api_url(rabbitmq), "queues: [{name: urgent}]"))
    assert page.value("queue_depth", queue="urgent", state="waiting") == 2
    assert not page.has("queue_oldest_age_seconds")


def test_a_queue_whose_counts_are_not_known_yet_has_no_sample_and_a_reason(
        collect, rabbitmq, client):
    def page_of_fresh(name):
        """None if the broker was quicker, and had counted already."""
        client("queue_declare", queue=name, auto_delete=False)
        page = collect(config(api_url(rabbitmq), f"queues: [{{name: {name}}}]"), code=(0, 1))
        return page if page.errors("queue", "missing") else None

    page = next(filter(None, map(page_of_fresh, [f"fresh{number}" for number in range(20)])))
    assert not page.has("queue_depth") and not page.has("queue_consumers")
    assert page.errors("queue", "missing") == 1


@BOTH_WAYS
def test_a_bad_queue_costs_itself(collect, rabbitmq, client, url):
    client("queue_declare", queue="good", auto_delete=False)
    client.publish("good", 3)
    has_counts(rabbitmq, "good", 3)
    page = collect(config(url(rabbitmq), "queues: [{name: none}, {name: good}, {name: more}]"),
                   code=1)
    assert page.value("queue_depth", queue="good", state="waiting") == 3
    assert depths(page, "none") == depths(page, "more") == {}
    assert page.errors("queue", "missing") == 2
    assert page.value("exporter_collector_failed_parts", collector="queue") == 2


def test_an_exclusive_queue_is_refused_over_amqp_and_shown_by_the_api(collect, rabbitmq, client):
    client("queue_declare", queue="own", exclusive=True)
    client("queue_declare", queue="shared", auto_delete=False)
    client.publish("own", 2)
    has_counts(rabbitmq, "own", 2)
    has_counts(rabbitmq, "shared", 0)
    named = "queues: [{name: own}, {name: shared}]"
    page = collect(config(amqp_url(rabbitmq), named), code=1)
    assert depths(page, "own") == {} and depths(page, "shared") == {"waiting": 0}
    assert page.errors("queue", "permission") == 1
    page = collect(config(api_url(rabbitmq), named))
    assert depths(page, "own") == {"waiting": 2, "unacked": 0}


@BOTH_WAYS
def test_a_wrong_password_is_named(collect, rabbitmq, client, url):
    page = collect(config(url(rabbitmq, password=WRONG_PASSWORD), "queues: [{name: a}]"), code=1)
    assert page.errors("queue", "auth") == 1


def test_a_user_without_the_tag_management_is_told_what_is_missing(collect, rabbitmq, client):
    rabbitmq.make_user("untagged", rabbitmq.PASSWORD)
    rabbitmq.permit("untagged", "it")
    page = collect(config(api_url(rabbitmq, user="untagged"), "queues: [{name: a}]"), code=1)
    assert page.errors("queue", "auth") == 1
    rabbitmq.make_user("reader", rabbitmq.PASSWORD, "management")
    rabbitmq.permit("reader", "it", configure="", write="", read="")
    client("queue_declare", queue="a", auto_delete=False)
    has_counts(rabbitmq, "a", 0)
    page = collect(config(api_url(rabbitmq, user="reader"), "queues: [{name: a}]"))
    assert depths(page, "a") == {"waiting": 0, "unacked": 0}


def test_passive_declares_need_no_right_but_an_entry_for_the_virtual_host(
        collect, rabbitmq, client):
    client("queue_declare", queue="a", auto_delete=False)
    rabbitmq.make_user("stranger", rabbitmq.PASSWORD)
    named = "queues: [{name: a}]"
    page = collect(config(amqp_url(rabbitmq, user="stranger"), named), code=1)
    assert page.errors("queue", "permission") == 1
    rabbitmq.permit("stranger", "it", configure="", write="", read="")
    page = collect(config(amqp_url(rabbitmq, user="stranger"), named))
    assert depths(page, "a") == {"waiting": 0}


@BOTH_WAYS
def test_a_virtual_host_that_is_not_there_is_named(collect, rabbitmq, url):
    page = collect(config(url(rabbitmq, vhost="nowhere"), "queues: [{name: a}]"), code=1)
    assert sum(page.errors("queue", reason) for reason in ("missing", "permission")) == 1


class Recorder(http.server.ThreadingHTTPServer):
    """Hands GETs on to the broker's API, and keeps their paths."""

    daemon_threads = True

    def __init__(self, broker):
        self.paths = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.server.paths.append(self.path)
                onward = http.client.HTTPConnection("127.0.0.1", broker.api_port, timeout=10)
                onward.request("GET", self.path,
                               headers={"Authorization": self.headers["Authorization"]})
                answer = onward.getresponse()
                body = answer.read()
                onward.close()
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture
def recorder(rabbitmq):
    server = Recorder(rabbitmq)
    yield server
    server.shutdown()
    server.server_close()


def test_three_hundred_queues_are_found_with_one_request(collect, rabbitmq, client, recorder):
    names = [f"work.{i}" for i in range(300)]
    plumbing = ["celeryev.1f", "w1@host.celery.pidbox", "celery_delayed_0", "celery_delayed_27"]
    for name in [*names, *plumbing]:
        client("queue_declare", queue=name, auto_delete=False)
    client("queue_declare", queue="", exclusive=True)
    client.publish("work.7", 5)
    client.publish("celery_delayed_0", 2)
    client.publish("celery_delayed_27", 1)
    for name, count in (("work.7", 5), ("work.299", 0), ("celery_delayed_0", 2),
                        ("celery_delayed_27", 1)):
        has_counts(rabbitmq, name, count)
    page = collect(config(api_url(rabbitmq, port=recorder.server_port), "discover: [rabbitmq]",
                          'exclude: ["work\\\\.1.*"]'))
    assert len(recorder.paths) == 1
    found = {labels["queue"] for labels, _ in page.series("queue_depth", state="waiting")}
    assert found == {name for name in names if not name.startswith("work.1")}
    assert page.value("queue_depth", queue="work.7", state="waiting") == 5
    assert depths(page, "celery_delayed") == {"scheduled": 3}
    # Many named ones come from the list too.
    named = ", ".join(f"{{name: {name}}}" for name in names)
    page = collect(config(api_url(rabbitmq, port=recorder.server_port), f"queues: [{named}]"))
    assert len(recorder.paths) == 2
    assert len(page.series("queue_depth", state="waiting")) == 300
    assert depths(page, "celery_delayed") == {}


def test_a_virtual_host_without_queues_is_no_mistake_where_they_are_discovered(
        collect, rabbitmq, client):
    page = collect(config(api_url(rabbitmq), "discover: [rabbitmq]"))
    assert not page.has("queue_depth")


def test_the_virtual_host_may_be_a_key_and_the_password_a_file(
        collect, rabbitmq, client, tmp_path):
    client("queue_declare", queue="a/b c", auto_delete=False)
    rabbitmq.make_vhost("x/y")
    eventually(lambda: "messages_ready" in rabbitmq.api("GET", "/api/queues/it/a%2Fb%20c"), 30,
               "the broker counts")
    (tmp_path / "password").write_text(rabbitmq.PASSWORD + "\n")
    (tmp_path / "url").write_text(f"http://127.0.0.1:{rabbitmq.api_port}/api/\n")
    text = config("", f"user: {rabbitmq.USER}", f"password_file: {tmp_path}/password",
                  "vhost: it", 'queues: [{name: odd, system: rabbitmq, key: "a/b c"}]')
    page = collect(text.replace('url: ""', f"url_file: {tmp_path}/url"))
    assert depths(page, "odd") == {"waiting": 0, "unacked": 0}


def test_a_broker_that_was_restarted_is_read_again_both_ways(
        start_exporter, tmp_path, own_rabbitmq):
    def is_declared():   # The API answers before it has imported the users' rights.
        own_rabbitmq.api("PUT", "/api/queues/%2F/kept", {"durable": True})
        return True

    eventually(is_declared, 30, "the queue is declared")
    path = tmp_path / "exporter.yaml"
    urls = {"api": api_url(own_rabbitmq, vhost="%2F"), "amqp": amqp_url(own_rabbitmq, vhost="/")}
    collectors = [config(url, f"name: {way}", f"labels: {{way: {way}}}", "queues: [{name: kept}]")
                  .removeprefix("collectors:\n") for way, url in urls.items()]
    path.write_text("\n".join(["global: {interval: 300ms, timeout: 250ms}", "collectors:",
                               *collectors]))
    exporter = start_exporter(path)

    def is_shown(page):
        return all(page.has("queue_depth", queue="kept", state="waiting", way=way) for way in urls)

    def is_gone(page):
        return not page.has("queue_depth") and all(
            page.errors(way, "connect") > 0 and page.up(way) == 0 for way in urls)

    exporter.await_page(is_shown, 30, "the queue is shown")
    own_rabbitmq.stop(within=30)
    exporter.await_page(is_gone, 30, "it is gone")
    own_rabbitmq.start()
    exporter.await_page(is_shown, 60, "the queue is shown again")


@BOTH_WAYS
@pytest.mark.parametrize("fault", [Fault.MUTE, Fault.DRIP, Fault.RESET])
def test_a_broken_network_ends_in_time_and_is_overcome(
        start_exporter, tmp_path, rabbitmq, client, url, fault):
    client("queue_declare", queue="far", auto_delete=False)
    has_counts(rabbitmq, "far", 0)
    proxy = FaultProxy(rabbitmq.api_port if url is api_url else rabbitmq.port)
    path = tmp_path / "exporter.yaml"
    path.write_text("global: {interval: 300ms, timeout: 250ms}\n" +
                    config(url(rabbitmq, port=proxy.port), "queues: [{name: far}]"))
    exporter = start_exporter(path)
    exporter.await_page(lambda page: depths(page, "far").get("waiting") == 0, 10, "shown")
    proxy.fault = fault
    reason = "connect" if fault is Fault.RESET else "timeout"
    exporter.await_page(lambda page: page.errors("queue", reason) > 1, 10, f"told as {reason}")
    proxy.fault = Fault.NONE
    before = exporter.page().successes("queue")
    exporter.await_page(lambda page: page.successes("queue") > before, 10, "well again")
    proxy.close()


def test_a_missing_queue_is_asked_for_rarely_over_amqp_and_seen_when_it_is_there(
        start_exporter, own_rabbitmq):
    own_rabbitmq.make_vhost("it")
    client = Client(own_rabbitmq, "it")
    client("queue_declare", queue="good", auto_delete=False)
    exporter = start_exporter(config(amqp_url(own_rabbitmq), "queues: [{name: none}, {name: good}]",
                                     "interval: 100ms"))

    def goes_on(page, since=0):
        return page.successes("queue") > since + 20

    exporter.await_page(goes_on, 20, "twenty collections")
    page = exporter.page()
    assert page.value("queue_depth", queue="good", state="waiting") == 0
    assert page.value("exporter_collector_failed_parts", collector="queue") == 1
    assert own_rabbitmq.log().count("no queue 'none'") <= 3
    client("queue_declare", queue="none", auto_delete=False)
    exporter.await_page(lambda page: page.has("queue_depth", queue="none"), 60, "it is seen")
    client.close()


def test_a_broker_that_takes_no_more_connections_is_quoted(start_exporter, own_rabbitmq):
    own_rabbitmq.make_vhost("full")
    own_rabbitmq.api("PUT", "/api/vhost-limits/full/max-connections", {"value": 0})
    exporter = start_exporter(config(amqp_url(own_rabbitmq, "full"), "queues: [{name: a}]"))
    exporter.await_page(lambda page: page.errors("queue", "connect") > 0, 10, "it is refused")
    eventually(lambda: "connection limit (0) is reached" in exporter.log(), 5, "the log says why")


def test_what_dramatiq_makes_of_one_queue_is_one(collect, rabbitmq, client):
    """Declared as dramatiq.brokers.rabbitmq does; a worker holds what is delayed."""
    for name in ("mails", "mails.DQ", "mails.XQ", "other.DQ"):
        client("queue_declare", queue=name, durable=True, auto_delete=False)
    for name, count in (("mails", 3), ("mails.DQ", 5), ("mails.XQ", 2), ("other.DQ", 1)):
        client.publish(name, count)
    client("hold", queue="mails.DQ", count=4)
    for name, counts in (("mails", (3,)), ("mails.DQ", (1, 4, 1)), ("mails.XQ", (2,)),
                         ("other.DQ", (1,))):
        has_counts(rabbitmq, name, *counts)
    page = collect(config(api_url(rabbitmq), "discover: [rabbitmq]"))
    assert depths(page, "mails") == {"waiting": 3, "unacked": 0, "scheduled": 5, "failed": 2}
    assert depths(page, "other.DQ") == {"waiting": 1, "unacked": 0}
    assert not depths(page, "mails.DQ") and not depths(page, "mails.XQ")
