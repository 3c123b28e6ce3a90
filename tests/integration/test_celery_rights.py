"""What the celery collector has to be allowed, by its page, and what a missing right costs."""

import shlex

import pytest

from support import celery_page as shown
from support.celery_app import NEWEST, CeleryApp
from support.exporter import run
from support.pages import block
from support.redis_servers import RedisServer
from support.servers import RABBITMQ_PASSWORD, REDIS_PASSWORD
from support.waiting import eventually

REPLIED = "celery_worker_last_reply_timestamp_seconds"
# Commands of the collector, and what is missing where a user may not use one of them: beginnings
# of families' names. Each is of the broker's connection unless it is of the stream's.
RIGHTS = {
    "llen": ("celery_queue_length", REPLIED),
    "lindex": (),
    "hlen": ("celery_unacked_tasks",),
    "hkeys": (),
    "hstrlen": (),
    "hmget": (),
    "zrange": ("celery_unacked_oldest_age_seconds",),
    "zcount": ("celery_unacked_overdue_tasks",),
    "scan": (),
    "scard": (REPLIED,),
    "smembers": (REPLIED,),
    "psubscribe": (),
    "publish": (REPLIED,),
    "rpush": (REPLIED,),
    "sadd": (REPLIED,),
    "srem": (REPLIED,),
    "expire": (REPLIED,),
    "lrange": (REPLIED,),
    "del": (REPLIED,),
}
SIZES = ("memory|usage", "hstrlen")   # One of them is enough.
BASE = ("ping", "select", "client|setname", SIZES[0])


@pytest.fixture(scope="module")
def used():
    """A broker with a worker that takes part in everything."""
    broker = RedisServer()
    app = CeleryApp(NEWEST, broker.url())
    app.worker("one@box", ["orders"], concurrency=1)
    for _ in range(8):
        app.send("hold", "never")
    app.await_count("hold", "started", 1)
    yield broker
    app.close()
    broker.close()


def permit(broker, without=()):
    # A pattern is allowed only as it stands here.
    channels = [f"&{fanout}{name}" for fanout in ("/0.", "")
                for name in ("celeryev/*", "celeryev", "celery.pidbox")]
    commands = [f"+{name}" for name in (*BASE, *RIGHTS) if name not in without]
    broker.command("ACL", "SETUSER", "exporter", "reset", "on", f">{REDIS_PASSWORD}", "~*",
                   *channels, "-@all", *commands)


def of_used(broker):
    return shown.config(broker.url(user="exporter"), "queues: [orders]", "discovery_interval: 1s")


def has_all(page):
    return (shown.is_listening(page) and page.has(REPLIED, hostname="one@box")
            and page.has("celery_queue_length", queue_name="orders")
            and page.has("celery_worker_up", hostname="one@box")
            and all(page.has(family) for families in RIGHTS.values() for family in families))


def test_the_smallest_rule_serves_everything(used, start_exporter):
    permit(used)
    used.command("ACL", "LOG", "RESET")
    exporter = start_exporter(of_used(used))
    exporter.await_page(has_all, 15, "everything is shown")
    assert exporter.page().up("celery") == 1
    assert used.command("ACL", "LOG") == [], "a command was refused"


@pytest.mark.parametrize("command", RIGHTS)
def test_a_right_that_is_missing_is_reason_permission_and_costs_its_part_alone(
        used, start_exporter, command):
    permit(used, without=SIZES if command in SIZES else (command,))
    exporter = start_exporter(of_used(used))
    lost = set(RIGHTS[command])

    def told(page):
        assert page.errors("celery", "permission") > 0
        assert page.value("celery_up") == 1
        assert page.value("celery_event_stream_up") == (0 if command == "psubscribe" else 1)
        for families in RIGHTS.values():
            for family in families:
                assert page.has(family) == (family not in lost), family
        return True
    exporter.await_page(told, 15, f"without {command}")
    left = {key for key in used.lasting_keys() if "sidecar-exporter" in key}
    assert not left, left
    assert not used.command("SMEMBERS", "_kombu.binding.reply.celery.pidbox")
    eventually(lambda: any(command in line.lower() for line in exporter.log().splitlines()), 2,
               "the log names the command")
    # It is granted, and that is enough.
    permit(used)
    exporter.await_page(has_all, 40, "everything is shown")


@pytest.mark.parametrize("command", SIZES)
def test_the_size_of_what_is_unacknowledged_is_known_by_either_right(
        used, start_exporter, command):
    permit(used, without=(command,))
    exporter = start_exporter(of_used(used))
    exporter.await_page(lambda page: has_all(page) and page.has(
        "queue_depth", queue="orders", state="unacked"), 15, f"without {command}")
    assert exporter.page().errors("celery", "permission") == 0


def test_check_connect_tells_that_events_may_not_be_heard(used, tmp_path):
    permit(used, without=("psubscribe",))
    path = tmp_path / "exporter.yaml"
    path.write_text(shown.config(used.url(user="exporter"), interval="3s"))
    done = run("check", "--config", path, "--connect")
    assert done.returncode == 1
    assert "celery: events: permission: " in done.stderr
    assert "PSUBSCRIBE" in done.stderr
    permit(used)
    done = run("check", "--config", path, "--connect")
    assert done.returncode == 0, done.stderr
    assert "1 collector, each ran once, no errors" in done.stdout


def rights_of_the_page():
    """The commands of the page's block, each as its words."""
    commands = block("docs/collectors/celery.md", "sh", "celeryev")
    return [shlex.split(line) for line in commands.replace("\\\n", "").splitlines()]


def test_the_rules_of_the_page_serve_everything_on_redis(used, start_exporter):
    rules = [words[1:] for words in rights_of_the_page() if words[0] == "redis-cli"]
    assert len(rules) == 2
    used.command("ACL", "DELUSER", "exporter")
    for rule in rules:
        words = [word.replace("PASSWORD", REDIS_PASSWORD) for word in rule]
        used.command(*("exporter" if word == "exporter_celery" else word for word in words))
    exporter = start_exporter(of_used(used))
    exporter.await_page(has_all, 15, "everything is shown")
    assert exporter.page().up("celery") == 1


@pytest.fixture(scope="module")
def served(rabbitmq):
    """A virtual host in which a worker serves `orders`."""
    rabbitmq.make_vhost("rights")
    app = CeleryApp(NEWEST, rabbitmq.url(vhost="rights"))
    app.worker("one@box", ["orders"], concurrency=1)
    app.send("add", 1, 1)
    app.await_count("add", "succeeded", 1)
    yield "rights"
    app.close()


def test_the_rights_of_the_page_serve_everything_on_rabbitmq(rabbitmq, served, start_exporter):
    words, = (words for words in rights_of_the_page() if words[0] == "rabbitmqctl")
    assert words[:5] == ["rabbitmqctl", "set_permissions", "-p", "VHOST", "exporter"]
    rabbitmq.make_user("reader", RABBITMQ_PASSWORD)
    rabbitmq.permit("reader", served, **dict(zip(("configure", "write", "read"), words[5:])))
    exporter = start_exporter(shown.config(rabbitmq.url(user="reader", vhost=served),
                                           "queues: [orders]"))
    exporter.await_page(lambda page: shown.is_listening(page) and page.up("celery") == 1
                        and page.has("celery_queue_length", queue_name="orders")
                        and page.has(REPLIED, hostname="one@box"), 15,
                        "everything is shown")
    assert exporter.page().errors("celery", "permission") == 0


def test_a_user_without_rights_on_rabbitmq_is_reason_permission(
        rabbitmq, served, start_exporter):
    rabbitmq.make_user("nobody", RABBITMQ_PASSWORD)
    rabbitmq.permit("nobody", served, configure="", write="", read="")
    exporter = start_exporter(shown.config(rabbitmq.url(user="nobody", vhost=served),
                                           "queues: [orders]"))
    exporter.await_page(lambda page: page.errors("celery", "permission") > 0, 10, "permission")
    rabbitmq.permit("nobody", served)
    exporter.await_page(lambda page: shown.is_listening(page) and page.value("celery_up") == 1
                        and page.has("celery_queue_length", queue_name="orders"), 40,
                        "it may do all now")
    assert "needs the right to configure amq.gen*" in exporter.log()
