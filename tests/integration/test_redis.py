"""The redis collector against a real Redis."""

import pytest

from support import reference
from support.redis_config import ADDITIONS


@pytest.fixture
def page(collect, redis):
    return collect(f'collectors: [{{type: redis, url: "{redis.url()}"}}]')


def info(redis, section):
    """The fields of a section of INFO."""
    lines = redis.command("INFO", section).splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)


def test_every_family_has_the_name_type_and_labels_of_redis_exporter(page):
    assert reference.differences(page, "redis_", reference.families("redis"), ADDITIONS) == {}


def test_values_agree_with_info(page, redis):
    memory, server = info(redis, "memory"), info(redis, "server")
    assert page.value("redis_memory_max_bytes") == float(memory["maxmemory"])
    assert page.value("redis_memory_used_startup_bytes") == float(memory["used_memory_startup"])
    assert page.value("redis_process_id") == float(server["process_id"])
    labels, value = page.series("redis_instance_info")[0]
    assert value == 1
    assert labels["redis_version"] == server["redis_version"]
    assert labels["tcp_port"] == str(redis.port)


def test_the_keyspace_is_counted_by_database(page, redis):
    assert page.value("redis_db_keys", db="db0") == float(redis.command("DBSIZE"))
    assert page.value("redis_db_keys_expiring", db="db0") == 0


def test_commands_are_counted_by_name(page, redis):
    counts = dict(field.split("=") for field in
                  info(redis, "commandstats")["cmdstat_rpush"].split(","))
    assert page.value("redis_commands_total", cmd="rpush") == float(counts["calls"])
    assert (page.value("redis_commands_failed_calls_total", cmd="rpush")
            == float(counts["failed_calls"]))
    assert (page.value("redis_commands_duration_seconds_total", cmd="rpush")
            == pytest.approx(float(counts["usec"]) / 1e6))


def test_one_connection_is_kept_from_run_to_run(start_exporter, own_redis):
    exporter = start_exporter("global: {interval: 200ms, timeout: 200ms}\n"
                              f'collectors: [{{type: redis, url: "{own_redis.url()}"}}]')
    exporter.await_page(lambda page: page.successes("redis") >= 2, 5, "two runs")
    first = exporter.page()
    exporter.await_page(lambda page: page.successes("redis") >= first.successes("redis") + 5, 5,
                        "five more runs")
    # redis-cli, which the test itself uses, is not asked in between.
    assert (exporter.page().value("redis_connections_received_total")
            == first.value("redis_connections_received_total"))
