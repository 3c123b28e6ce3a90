"""A real Prometheus evaluates all rules on a real system, from its first second on."""

import contextlib

import pytest

from support.rules import FILES
from support.servers import Prometheus
from support.waiting import eventually

# What the stack was told to do: a task failed, and the tasks of an example are overdue and stay.
TOLD = {"CeleryTasksKilled", "QueueDeadLetters", "TasksOverdue", "TasksStandStill"}


@pytest.fixture(scope="module")
def prometheus(stack, exporter):
    server = Prometheus(f"127.0.0.1:{exporter.port}", rules=FILES,
                        others={"application": f"127.0.0.1:{stack.app_port}"})
    yield server
    server.close()


def states(prometheus, state):
    return {rule["name"] for rule in prometheus.rules() if rule.get("state") == state}


def all_is_well(prometheus):
    unexpected = noticed(prometheus) - TOLD
    assert not unexpected, unexpected
    return True


def noticed(prometheus):
    return states(prometheus, "pending") | states(prometheus, "firing")


def test_no_rule_fails_and_nothing_is_noticed_while_all_is_well(prometheus):
    eventually(lambda: prometheus.query("count_over_time(exporter_build_info[1m]) >= 20"), 60,
               "twenty scrapes are stored")
    rules = prometheus.rules()
    # One whose interval is longer is of unknown health until it was evaluated.
    assert not [(rule["name"], rule["lastError"]) for rule in rules if rule["health"] == "err"]
    assert all_is_well(prometheus)


def scrapes(prometheus):
    """How often the exporter was scraped, with success or without."""
    found, = prometheus.query('count_over_time(up{job="/metrics"}[10m])')
    return int(found["value"][1])


@contextlib.contextmanager
def stopped(process):
    process.pause()
    try:
        yield
    finally:
        process.resume()


def stopped_postgres(stack, _):
    return stopped(stack.postgres)


def stopped_exporter(_, exporter):
    return stopped(exporter)


@contextlib.contextmanager
def full_pool(stack, _):
    """The pool of PgBouncer has two connections and one in reserve."""
    with contextlib.ExitStack() as clients:
        for _ in range(2):
            clients.enter_context(stack.bouncer.client("shop-web", "BEGIN", "SELECT 1"))
        yield


@contextlib.contextmanager
def revoked_right(stack, _):
    stack.postgres.sql("REVOKE SELECT ON tasks FROM exporter", "example_tasks")
    try:
        yield
    finally:
        stack.postgres.sql("GRANT SELECT ON tasks TO exporter", "example_tasks")


@contextlib.contextmanager
def redis_near_its_limit(stack, _):
    limit = stack.redis.info("memory")["maxmemory"]
    stack.redis.command("CONFIG", "SET", "maxmemory",
                        int(stack.redis.info("memory")["used_memory"]) * 105 // 100)
    try:
        yield
    finally:
        stack.redis.command("CONFIG", "SET", "maxmemory", limit)


@contextlib.contextmanager
def queue_without_workers(stack, _):
    stack.jobs.run("many", "3")
    try:
        yield
    finally:
        stack.jobs.run("burst", "mails")


@contextlib.contextmanager
def worker_that_left(stack, _):
    stack.worker.leave()
    try:
        yield
    finally:
        stack.worker = stack.celery.worker("w1@box", ["orders"])


FAULTS = {
    stopped_postgres: {"PostgreSQLDown", "ExporterCollectorDown"},
    stopped_exporter: {"ExporterDown", "ExporterAbsent"},
    full_pool: {"DatabasePoolExhaustion", "DatabasePoolFull"},
    revoked_right: {"ExporterPartsFailing"},
    redis_near_its_limit: {"RedisMemoryNearLimit"},
    queue_without_workers: {"QueueWithoutConsumers"},
    worker_that_left: {"CeleryFewerWorkersThanExpected"},
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_noticed_by_its_rules_alone_and_so_is_its_end(stack, exporter, prometheus,
                                                                 fault):
    """Pending is noticed: how long it has to last is what promtool tests."""
    def only_this():
        assert noticed(prometheus) - TOLD == FAULTS[fault], noticed(prometheus) - TOLD
        return True

    with fault(stack, exporter):
        eventually(only_this, 30, "its rules notice")
        enough = scrapes(prometheus) + 5
        eventually(lambda: scrapes(prometheus) >= enough, 30, "five scrapes follow")
        only_this()
    eventually(lambda: all_is_well(prometheus), 60, "all is well again")
