"""The process: its commands, its signals, its exit codes, its start from the environment."""

import re
import signal

import pytest

from support.exporter import BINARY, environment, run
from support.faults import Fault, FaultProxy
from support.page import Page
from support.processes import Process, free_port
from support.servers import SECRETS, WRONG_PASSWORD


@pytest.fixture
def config(tmp_path, redis):
    """The path of a configuration with one good collector."""
    path = tmp_path / "exporter.yaml"
    path.write_text(f'collectors: [{{type: redis, url: "{redis.url()}"}}]')
    return path


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0_in_under_a_second(start_exporter, config, sign):
    exporter = start_exporter(config)
    code, seconds = exporter.stop(sign)
    assert code == 0
    assert seconds < 1


def test_sigterm_ends_it_in_under_a_second_while_a_collection_hangs(start_exporter, redis):
    with FaultProxy(redis.port, Fault.MUTE) as proxy:
        exporter = start_exporter(
            "global: {interval: 20s, timeout: 20s}\n"
            f'collectors: [{{type: redis, url: "{redis.url(port=proxy.port)}"}}]', ready=False)
        proxy.await_client()
        code, seconds = exporter.stop()
    assert code == 0
    assert seconds < 1


@pytest.mark.parametrize("command", [("collect",), ("check", "--connect")], ids=" ".join)
def test_ctrl_c_ends_a_command_at_once_while_a_server_hangs(tmp_path, redis, command):
    path = tmp_path / "exporter.yaml"
    with FaultProxy(redis.port, Fault.MUTE) as proxy:
        path.write_text("global: {interval: 20s, timeout: 20s}\n"
                        f'collectors: [{{type: redis, url: "{redis.url(port=proxy.port)}"}}]')
        child = Process()
        child.spawn([BINARY, *command, "--config", path], env=environment())
        try:
            proxy.await_client()
            code, seconds = child.stop(signal.SIGINT)
        finally:
            child.close()
    assert code == -signal.SIGINT
    assert seconds < 1


def test_sighup_is_ignored(start_exporter, config):
    exporter = start_exporter(config)
    exporter.child.send_signal(signal.SIGHUP)
    before = exporter.page().value("process_start_time_seconds")
    for _ in range(10):
        assert exporter.page().value("process_start_time_seconds") == before
    assert exporter.is_running()


def test_a_port_in_use_is_a_clear_error(start_exporter, config):
    first = start_exporter(config)
    second = run("--config", config, "--web.listen-address", f"127.0.0.1:{first.port}")
    assert second.returncode != 0
    assert str(first.port) in second.stderr
    assert "in use" in second.stderr


def test_two_addresses_are_both_served(start_exporter, config):
    other = free_port()
    exporter = start_exporter(config, ["--web.listen-address", f"127.0.0.1:{other}"])
    assert exporter.get("/metrics").status == 200
    exporter.port = other
    assert exporter.get("/metrics").status == 200


def test_check_accepts_a_good_file(config):
    assert run("check", "--config", config).returncode == 0


def test_check_connect_tells_a_target_that_is_down(tmp_path):
    path = tmp_path / "exporter.yaml"
    path.write_text(f"collectors: [{{type: redis, url: 'redis://127.0.0.1:{free_port()}/0'}}]")
    assert run("check", "--config", path).returncode == 0
    done = run("check", "--config", path, "--connect")
    assert done.returncode == 1
    assert "redis" in done.stdout + done.stderr


def test_collect_prints_a_page_and_exits_with_0(config):
    done = run("collect", "--config", config)
    assert done.returncode == 0
    assert Page(done.stdout).value("redis_up") == 1


def test_collect_exits_with_1_when_a_collector_failed_and_prints_the_rest(tmp_path, redis):
    path = tmp_path / "exporter.yaml"
    path.write_text(f"""
collectors:
  - {{type: redis, url: "{redis.url()}"}}
  - {{type: redis, name: down, labels: {{server: b}},
      url: "redis://:{WRONG_PASSWORD}@127.0.0.1:{free_port()}/0"}}
""")
    done = run("collect", "--config", path)
    assert done.returncode == 1
    page = Page(done.stdout)
    assert page.value("redis_up", server="b") == 0
    assert page.has("redis_connected_clients")
    assert not [secret for secret in SECRETS if secret in done.stdout + done.stderr]
    assert run("collect", "--config", path, "--collector", "redis").returncode == 0


def test_collect_of_an_unknown_collector_exits_with_2_and_names_it(config):
    done = run("collect", "--config", config, "--collector", "no-such")
    assert done.returncode == 2
    assert "no-such" in done.stderr


def test_collectors_lists_every_type_with_its_keys_and_metrics():
    done = run("collectors")
    assert done.returncode == 0
    for word in ("redis", "postgres", "db_pool", "sql", "queue", "queue_depth", "pg_up", "url"):
        assert re.search(rf"\b{word}\b", done.stdout), word


def test_version_names_the_compiler_and_the_libraries():
    done = run("--version")
    assert done.returncode == 0
    for word in ("libpq", "hiredis", "sqlite"):
        assert word in done.stdout.lower()


@pytest.mark.parametrize("arguments", [["--no-such-flag"], ["no-such-command"], ["check"],
                                       ["--config", "/nonexistent/exporter.yaml"],
                                       ["check", "--config", "/nonexistent/exporter.yaml"]])
def test_an_unusable_command_line_exits_with_2(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr


def test_without_a_file_and_without_urls_it_says_so_and_exits_with_2():
    done = run()
    assert done.returncode == 2
    for name in ("DATABASE_URL", "REDIS_URL", "--config"):
        assert name in done.stderr


def test_without_a_file_it_runs_on_the_urls_of_the_application(start_exporter, postgres, redis):
    url = postgres.url().replace("postgresql://", "postgresql+asyncpg://")
    exporter = start_exporter(None, env={"DATABASE_URL": url, "REDIS_URL": redis.url()})
    exporter.await_page(lambda page: page.value("pg_up") == 1 and page.value("redis_up") == 1,
                        10, "both are up")
    page = exporter.page()
    types = {labels["type"] for labels, _ in page.series("exporter_collector_up")}
    assert types == {"postgres", "db_pool", "redis"}
    assert page.has("db_pool_idle", pool="app")


def test_a_flag_has_an_environment_variable(start_exporter, config):
    exporter = start_exporter(config, env={"EXPORTER_WEB_TELEMETRY_PATH": "/numbers",
                                           "EXPORTER_LOG_FORMAT": "json"})
    assert exporter.get("/numbers").status == 200
    assert exporter.get("/metrics").status == 404
    assert exporter.log().lstrip().startswith("{")


def test_a_secret_from_a_file_is_read_again_at_the_next_connection(
        start_exporter, own_redis, tmp_path):
    secret = tmp_path / "url"
    secret.write_text(own_redis.url(password=WRONG_PASSWORD))
    exporter = start_exporter("global: {interval: 1s, timeout: 500ms}\n"
                              f"collectors: [{{type: redis, url_file: {secret}}}]")
    exporter.await_page(lambda page: page.errors("redis", "auth") > 0, 3, "the first one is wrong")
    secret.write_text(own_redis.url() + "\n")
    exporter.await_page(lambda page: page.value("redis_up") == 1, 3, "the new one is right")


def test_an_error_is_logged_once_and_its_end_once(start_exporter, own_redis):
    exporter = start_exporter("global: {interval: 200ms, timeout: 200ms}\n"
                              f'collectors: [{{type: redis, url: "{own_redis.url()}"}}]')
    exporter.await_page(lambda page: page.value("redis_up") == 1, 3, "up")
    own_redis.kill()
    exporter.await_page(lambda page: page.errors("redis", "connect") >= 5, 5, "five failures")
    failures = [line for line in exporter.log().splitlines() if "level=error" in line
                or "level=warn" in line]
    # The connection that broke and the one that was refused may be told apart.
    assert 1 <= len(failures) <= 2, failures


def healthcheck(address):
    return run("healthcheck", env={"EXPORTER_WEB_LISTEN_ADDRESS": address}, within=5)


def test_the_health_check_tells_a_running_exporter_from_one_that_hangs_or_is_gone(start_exporter,
                                                                                  config):
    exporter = start_exporter(config)
    address = f"127.0.0.1:{exporter.port}"
    healthy = healthcheck(address)
    assert (healthy.returncode, healthy.stdout, healthy.stderr) == (0, "", "")
    exporter.pause()
    hanging = healthcheck(address)
    assert hanging.returncode == 1
    assert hanging.stderr == f"exporter: port {exporter.port}: no answer in time\n"
    exporter.resume()
    exporter.stop()
    gone = healthcheck(address)
    assert gone.returncode == 1
    assert gone.stderr == f"exporter: port {exporter.port}: Connection refused\n"


def test_the_health_check_of_an_unknown_port_is_refused():
    done = healthcheck("127.0.0.1:0")
    assert done.returncode == 2
    assert "the port is not known" in done.stderr
