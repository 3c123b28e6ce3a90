"""Redis behind TLS, access rules and sentinels, and what the page says when they refuse."""

import signal
import time

import pytest

from support.certificates import Certificates
from support.faults import FaultProxy
from support.redis_config import acl_rule, everything, has_everything
from support.redis_servers import (BusyRedis, RedisClient, RedisServer, SentinelRedis,
                                   TlsRedis)
from support.servers import REDIS_PASSWORD, WRONG_PASSWORD
from support.waiting import eventually

INTERVAL = "200ms"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def start_tls(certificates):
    """Yields a starter of TLS servers; ends them afterwards."""
    started = []

    def start(name, **options):
        started.append(TlsRedis(certificates, name, **options))
        return started[-1]

    yield start
    for server in started:
        server.close()


def tls_config(server, host="127.0.0.1", **keys):
    tls = "".join(f"\n      {key}: {value}" for key, value in keys.items())
    return f"""
global: {{interval: 1s, timeout: 900ms}}
collectors:
  - type: redis
    url: "{server.tls_url(host)}"
    tls:{tls}
"""


@pytest.mark.parametrize("host, extra", [
    ("127.0.0.1", {}), ("localhost", {}), ("127.0.0.1", {"server_name": "localhost"})])
def test_a_certificate_that_is_good_is_accepted(collect, start_tls, certificates, host, extra):
    server = start_tls(certificates.good)
    page = collect(tls_config(server, host, ca_file=certificates.certificate("ca"), **extra))
    assert page.value("redis_up") == 1
    assert page.has("redis_connected_clients")


def test_a_client_certificate_is_shown_to_a_server_that_asks_for_one(
        collect, start_tls, certificates):
    server = start_tls(certificates.good, asks_clients=True)
    page = collect(tls_config(server, ca_file=certificates.certificate("ca"),
                              cert_file=certificates.certificate(certificates.client),
                              key_file=certificates.key(certificates.client)))
    assert page.value("redis_up") == 1


@pytest.mark.parametrize("certificate, authority, asks_clients, said", [
    ("expired", "ca", False, "expired"),
    ("wrong-host", "ca", False, "name|host"),
    ("good", "other-ca", False, "issuer|authority|CA|self-signed"),
    ("good", "ca", True, "certificate required|client certificate"),   # Ours is missing.
])
def test_a_certificate_that_is_not_good_is_reason_connect_and_the_log_says_why(
        start_exporter, start_tls, certificates, certificate, authority, asks_clients, said):
    server = start_tls(certificate, asks_clients=asks_clients)
    exporter = start_exporter(tls_config(server, ca_file=certificates.certificate(authority)))
    exporter.await_page(lambda page: page.errors("redis", "connect") > 0, 5, "reason connect")
    page = exporter.page()
    assert page.value("redis_up") == 0
    assert not page.has("redis_connected_clients")
    eventually(lambda: logged(exporter, said), 2, f"the log says {said}")


def logged(exporter, alternatives):
    failures = [line for line in exporter.log().splitlines() if "redis" in line]
    return any(word in line for line in failures for word in alternatives.split("|"))


def test_a_server_that_is_not_checked_may_show_any_certificate(collect, start_tls, certificates):
    server = start_tls(certificates.expired)
    page = collect(tls_config(server, insecure_skip_verify="true"))
    assert page.value("redis_up") == 1


def test_a_server_without_tls_is_reason_connect_and_never_gets_the_password(
        start_exporter, own_redis):
    url = own_redis.url().replace("redis://", "rediss://")
    exporter = start_exporter(f"""
global: {{interval: 1s, timeout: 900ms}}
collectors: [{{type: redis, url: "{url}"}}]
""")
    def failures(page):
        return sum(value for _, value in
                   page.series("exporter_collector_errors_total", collector="redis"))

    exporter.await_page(lambda page: failures(page) > 0, 5, "it fails")
    assert exporter.page().value("redis_up") == 0
    own_redis.command("CONFIG", "RESETSTAT")
    failed = failures(exporter.page())
    exporter.await_page(lambda page: failures(page) > failed + 1, 5, "it tries again")
    # One AUTH is redis-cli's, for this question.
    assert "cmdstat_auth:calls=1," in own_redis.command("INFO", "commandstats")


@pytest.fixture(scope="module")
def busy():
    servers = BusyRedis()
    yield servers
    servers.close()


def set_user(server, rule, name="exporter", password=REDIS_PASSWORD):
    server.command("ACL", "SETUSER", name, "reset", "on", f">{password}", *rule)


@pytest.fixture(scope="module")
def all_families(busy, module_exporter):
    """The families that a user who may do everything sees."""
    exporter = module_exporter(everything(busy.primary.url()))
    exporter.await_page(has_everything, 15, "everything is shown")
    return exporter.page().families()


def test_the_smallest_rule_serves_every_part(start_exporter, busy, all_families):
    set_user(busy.primary, acl_rule())
    busy.primary.command("ACL", "LOG", "RESET")
    exporter = start_exporter(everything(busy.primary.url(user="exporter")))
    exporter.await_page(has_everything, 15, "everything is shown")
    assert not all_families - exporter.page().families()
    assert busy.primary.command("ACL", "LOG") == [], "a command was refused"


# What is lost with a command, by the beginnings of the families' names.
LOST = {
    "config|get": ("redis_config_",),
    "slowlog|len": ("redis_slowlog_", "redis_last_slow_"),
    "slowlog|get": ("redis_slowlog_", "redis_last_slow_"),
    "latency|latest": ("redis_latency_spike_",),
    "latency|histogram": ("redis_commands_latencies_usec",),
    "client|list": ("redis_connected_client_", "redis_clients"),
    "memory|usage": ("redis_key_memory_usage_bytes", "redis_key_group_"),
    "xinfo|stream": ("redis_stream_",),
    "scan": ("redis_key_", "redis_keys_count", "redis_stream_", "redis_number_of_distinct_",
             "redis_last_key_groups_"),
}


@pytest.mark.parametrize("command", LOST)
def test_a_command_that_is_refused_costs_its_own_part_only(
        start_exporter, busy, all_families, command):
    user = "no-" + command.replace("|", "-")
    set_user(busy.primary, acl_rule(without=[command]), name=user)
    exporter = start_exporter(everything(busy.primary.url(user=user), INTERVAL))
    exporter.await_page(
        lambda page: page.up("redis") == 1 and page.errors("redis", "permission") > 0
        and page.value("exporter_collector_failed_parts", collector="redis") > 0, 10,
        "reason permission")
    kept = {family for family in all_families if not family.startswith(LOST[command])}
    exporter.await_page(lambda page: not kept - page.families(), 10, "all else is there")
    assert all_families - exporter.page().families(), "nothing was lost"
    assert_said_once_and_asked_rarely(exporter, busy.primary, command)


def assert_said_once_and_asked_rarely(exporter, server, command):
    said, asked = refusals(exporter), rejected(server, command)
    assert said
    successes = exporter.page().successes("redis")
    exporter.await_page(lambda page: page.successes("redis") >= successes + 8, 10,
                        "eight more collections")
    assert refusals(exporter) == said
    assert rejected(server, command) - asked <= 2


def refusals(exporter):
    return [line for line in exporter.log().splitlines() if "permission" in line]


def rejected(server, command):
    """How often the server has refused a command."""
    fields = server.info("commandstats").get(f"cmdstat_{command}", "")
    return int(dict(field.split("=") for field in fields.split(",") if field)
               .get("rejected_calls", 0))


def test_a_password_that_changes_in_its_file_needs_no_restart(start_exporter, own_redis, tmp_path):
    own_redis.command("ACL", "SETUSER", "exporter", "on", f">{REDIS_PASSWORD}", "~*", "+@all")
    secret = tmp_path / "password"
    secret.write_text(REDIS_PASSWORD + "\n")
    exporter = start_exporter(f"""
global: {{interval: {INTERVAL}, timeout: {INTERVAL}}}
collectors:
  - type: redis
    url: "redis://127.0.0.1:{own_redis.port}/0"
    user: exporter
    password_file: {secret}
""")
    exporter.await_page(lambda page: page.value("redis_up") == 1, 5, "the first password is good")
    own_redis.command("ACL", "SETUSER", "exporter", "resetpass", f">{WRONG_PASSWORD}")
    own_redis.command("CLIENT", "KILL", "USER", "exporter")
    exporter.await_page(lambda page: page.errors("redis", "auth") > 0, 5, "the old one is refused")
    secret.write_text(WRONG_PASSWORD + "\n")
    exporter.await_page(lambda page: page.value("redis_up") == 1, 5, "the new one is read")


@pytest.fixture
def sentinels():
    servers = SentinelRedis()
    yield servers
    servers.close()


class MasterWatch:
    """Looks at each page during a failover: what it shows is of a master, and is fresh."""

    def __init__(self, exporter):
        self._exporter = exporter
        self.runs = []   # The run_id of the servers that were shown as up, one after another.

    def look(self):
        asked = time.time()
        page = self._exporter.page()
        for labels, _ in page.series("redis_instance_info"):
            assert labels["role"] == "master", labels
        if page.up("redis") == 1:
            last = page.value("exporter_collector_last_success_timestamp_seconds",
                              collector="redis")
            assert asked - last < 2, "an old reading is shown as good"
            # None for a moment: health is told before its first reading is published.
            for labels, _ in page.series("redis_instance_info"):
                if self.runs[-1:] != [labels["run_id"]]:
                    self.runs.append(labels["run_id"])
        assert len(self.runs) <= 2, "back at the old master"
        return page

    def has_moved(self):
        return self.look().up("redis") == 1 and len(self.runs) == 2


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP])
def test_a_failover_is_followed_and_no_page_shows_another_than_the_master(
        start_exporter, sentinels, sign):
    old, new = sentinels.master, sentinels.replica
    exporter = start_exporter(f"""
global: {{interval: {INTERVAL}, timeout: {INTERVAL}, stale_after: 1s}}
collectors: [{{type: redis, url: "{sentinels.url()}"}}]
""")
    run = old.info("server")["run_id"]
    watch = MasterWatch(exporter)
    eventually(lambda: watch.look().up("redis") == 1, 5, "the master is read")
    assert watch.runs == [run]
    if sign == signal.SIGSTOP:
        old.pause()
    else:
        old.kill()

    # Down after one second, then an election and the promotion.
    eventually(watch.has_moved, 20, "the new master is read")
    assert watch.runs == [run, new.info("server")["run_id"]]

    if sign == signal.SIGSTOP:
        old.resume()
    else:
        old.restart_after_kill()
    eventually(lambda: watch.look() and old.info("replication")["role"] == "slave", 30,
               "the old master is a replica")
    successes = exporter.page().successes("redis")
    eventually(lambda: watch.look().successes("redis") > successes + 3, 10, "it goes on")


def test_sentinels_that_are_gone_do_not_cost_a_master_that_is_there(start_exporter, sentinels):
    exporter = start_exporter(f"""
global: {{interval: {INTERVAL}, timeout: {INTERVAL}}}
collectors: [{{type: redis, url: "{sentinels.url()}"}}]
""")
    exporter.await_page(lambda page: page.up("redis") == 1, 5, "the master is read")
    sentinels.sentinels[0].kill()   # The first in the URL.
    successes = exporter.page().successes("redis")
    exporter.await_page(lambda page: page.successes("redis") > successes + 3, 10, "it goes on")
    assert exporter.page().value("redis_up") == 1


def test_a_sentinel_without_such_a_master_is_a_failure_that_names_it(start_exporter, sentinels):
    exporter = start_exporter(f"""
global: {{interval: {INTERVAL}, timeout: {INTERVAL}}}
collectors: [{{type: redis, url: "{sentinels.url().replace("=shop", "=no-such")}"}}]
""")
    eventually(lambda: "no-such" in exporter.log(), 5, "the log names it")
    assert exporter.page().value("redis_up") == 0


def config_of(url, *lines, interval="1s"):
    return "\n".join([f"global: {{interval: {interval}, timeout: {interval}}}", "collectors:",
                      "  - type: redis", f'    url: "{url}"', *(f"    {line}" for line in lines),
                      ""])


@pytest.mark.parametrize("password", [REDIS_PASSWORD, ""])
def test_a_server_that_is_full_is_quoted(start_exporter, own_redis, password):
    own_redis.command("CONFIG", "SET", "maxclients", "1")
    with RedisClient(own_redis.port):
        url = own_redis.url() if password else f"redis://127.0.0.1:{own_redis.port}"
        exporter = start_exporter(config_of(url))
        # Its words come before, among or after ours.
        exporter.await_page(lambda page: page.errors("redis", "connect") >= 5, 10, "five refusals")
    failures = [line for line in exporter.log().splitlines() if "collection failed" in line]
    assert failures
    assert all("ERR max number of clients reached" in line for line in failures)


def test_a_key_that_the_rules_forbid_costs_itself(start_exporter, own_redis):
    for number in range(1, 4):
        own_redis.command("SET", f"n:{number}", str(number))
    set_user(own_redis, ["+@all", "~n:*"])
    exporter = start_exporter(config_of(own_redis.url(user="exporter"),
                                        'keys: [{pattern: "n:{id}", metric: app_n}]'))
    exporter.await_page(lambda page: len(page.series("app_n")) == 3, 10, "all are there")
    # The length of n:2 may still be asked.
    set_user(own_redis, ["+@all", "%R~n:1", "%R~n:3", "%W~n:2"])
    exporter.await_page(lambda page: page.errors("redis", "permission") > 0
                        and not page.has("app_n", id="2"), 10, "one is forbidden")
    successes = exporter.page().successes("redis")
    exporter.await_page(lambda page: page.successes("redis") > successes + 2, 10, "it goes on")
    page = exporter.page()
    assert [page.value("app_n", id=number) for number in "13"] == [1, 3]


def test_a_string_that_became_a_list_is_not_missing(start_exporter, own_redis):
    own_redis.command("MSET", "n:1", "1", "n:2", "2")
    exporter = start_exporter(config_of(
        own_redis.url(), 'keys: [{pattern: "n:{id}", metric: app_n, on_missing: zero}]'))
    exporter.await_page(lambda page: len(page.series("app_n")) == 2, 10, "both are there")
    own_redis.command("DEL", "n:2")
    own_redis.command("RPUSH", "n:2", "a")
    exporter.await_page(lambda page: not page.has("app_n", id="2"), 10, "it is no number")
    page = exporter.page()
    assert page.value("app_n", id="1") == 1 and page.errors("redis", "query") > 0


def test_a_pattern_of_streams_asks_streams_alone(start_exporter, own_redis):
    fill = """for i = 1, 500 do redis.call('SET', 'app:' .. i, 'x') end
              for i = 1, 3 do redis.call('XADD', 'app:s' .. i, '*', 'a', 'b') end"""
    own_redis.command("EVAL", fill, "0")
    exporter = start_exporter(config_of(own_redis.url(), 'streams: [{pattern: "app:*"}]',
                                        "max_series: 1000"))
    exporter.await_page(lambda page: len(page.series("redis_stream_length")) == 3, 10, "streams")
    assert "WRONGTYPE" not in own_redis.command("INFO", "errorstats")


def test_streams_with_many_groups_are_read_whole(collect, own_redis):
    """More elements than one round trip may bring: 50 streams of 300 groups."""
    fill = """for s = 1, 50 do
                redis.call('XADD', 'st:' .. s, '*', 'a', 'b')
                for g = 1, 300 do redis.call('XGROUP', 'CREATE', 'st:' .. s, 'g' .. g, '0') end
              end"""
    own_redis.command("EVAL", fill, "0")
    page = collect(config_of(own_redis.url(), 'streams: [{pattern: "st:*"}]', "max_series: 100000",
                             "parts: {stream_consumers: false}", interval="30s"))
    assert len(page.series("redis_stream_length")) == 50
    assert len(page.series("redis_stream_group_messages_pending")) == 15000


def test_a_stream_whose_entry_is_too_large_costs_itself(collect, own_redis):
    fill = """redis.call('XADD', 'st:big', '*', 'a', string.rep('x', 20 * 1024 * 1024))
              redis.call('XADD', 'st:small', '*', 'a', 'b')"""
    own_redis.command("EVAL", fill, "0")
    own_redis.command("SET", "n", "7")
    page = collect(config_of(own_redis.url(), "streams: [{key: st:big}, {key: st:small}]",
                             "keys: [{key: n, metric: app_n}]", interval="30s"), code=1)
    assert page.value("redis_stream_length", stream="st:small") == 1
    assert not page.has("redis_stream_length", stream="st:big")
    assert page.value("app_n") == 7 and page.value("redis_up") == 1
    assert page.errors("redis", "limit") == 1


@pytest.mark.parametrize("closes, reason", [(True, "protocol"), (False, "timeout")])
def test_a_command_at_which_the_server_falls_silent_costs_its_part(
        start_exporter, own_redis, closes, reason):
    own_redis.command("SET", "n", "7")
    with FaultProxy(own_redis.port, stops_at="SLOWLOG", closes=closes) as proxy:
        exporter = start_exporter(config_of(own_redis.url(port=proxy.port),
                                            "keys: [{key: n, metric: app_n}]"))
        exporter.await_page(lambda page: page.errors("redis", reason) > 0
                            and page.has("app_n"), 20, "the key is there")
        collected = exporter.page().successes("redis")
        exporter.await_page(lambda page: page.successes("redis") > collected + 3, 20, "it goes on")
        page = exporter.page()
        assert page.value("redis_up") == 1 and page.value("app_n") == 7
        assert page.has("redis_config_maxclients") and not page.has("redis_slowlog_length")
