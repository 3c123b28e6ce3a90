"""A real Prometheus evaluates all rules on a real system, from its first second on."""

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


def test_a_stopped_database_is_noticed_and_so_is_its_return(stack, prometheus):
    stack.postgres.pause()
    try:
        eventually(lambda: {"PostgreSQLDown", "ExporterCollectorDown"} <= noticed(prometheus), 30,
                   "the rules notice")
    finally:
        stack.postgres.resume()
    eventually(lambda: all_is_well(prometheus), 60, "all is well again")
