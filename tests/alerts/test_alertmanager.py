"""The example for Alertmanager: a cause silences its symptoms and nothing else."""

import pytest

from support.alertmanager import Alertmanager
from support.rules import alerts
from support.waiting import eventually

SEVERITIES = {alert.name: alert.body["labels"]["severity"] for alert in alerts()}


@pytest.fixture
def alertmanager():
    server = Alertmanager()
    yield server
    server.close()


def alert(name, instance="10.0.0.9:9899", **labels):
    return {"alertname": name, "severity": SEVERITIES[name], "job": "shop", "instance": instance,
            **labels}


# The cause, its symptoms, and what has another cause.
CASES = {
    "postgres": (alert("PostgreSQLDown", target="main"),
                 [alert("PostgreSQLReplicaLagging", target="main"),
                  alert("DatabasePoolFull", pool="web"),
                  alert("ExporterCollectorDown", collector="db", type="postgres"),
                  alert("ExporterDataOld", collector="business", type="sql")],
                 [alert("PostgreSQLDeadRows", target="other", relname="t"),
                  alert("PostgreSQLReplicaLagging", instance="10.0.0.10:9899", target="main"),
                  alert("ExporterCollectorDown", collector="cache", type="redis"),
                  alert("RedisFragmented")]),
    "pgbouncer": (alert("PgBouncerDown"),
                  [alert("PgBouncerClientsWaiting", database="shop", user="shop"),
                   alert("ExporterCollectorDown", collector="pgbouncer", type="pgbouncer")],
                  [alert("PostgreSQLDown")]),
    "redis": (alert("RedisDown", target="cache"),
              [alert("RedisReplicaMissing", target="cache"),
               alert("ExporterCollectorDown", collector="cache", type="redis")],
              [alert("RedisMemoryNearLimit", target="sessions"), alert("CeleryBrokerDown"),
               alert("QueueWithoutConsumers", queue="emails", system="rq")]),
    "celery": (alert("CeleryBrokerDown"),
               [alert("CeleryEventsUnheard"), alert("CeleryWorkerDown", hostname="w1@box"),
                alert("QueueGrowing", queue="mail", system="celery", state="waiting")],
               [alert("RedisDown"), alert("QueueGrowing", queue="mail", system="rq",
                                          state="waiting")]),
    "queue": (alert("QueueWithoutConsumers", queue="emails", system="rq"),
              [alert("QueueOldEntry", queue="emails", system="rq")],
              [alert("QueueOldEntry", queue="mails", system="rq"),
               alert("QueueDeadLetters", queue="emails", system="rq")]),
    "pool": (alert("DatabasePoolFull", pool="web"), [alert("DatabasePoolExhaustion", pool="web")],
             [alert("DatabasePoolExhaustion", pool="workers")]),
    "exporter": (alert("ExporterCollectorDown", collector="db", type="postgres"),
                 [alert("ExporterDataOld", collector="db", type="postgres")],
                 [alert("ExporterDataOld", collector="cache", type="redis")]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_cause_silences_its_symptoms_and_nothing_else(alertmanager, case):
    cause, symptoms, others = CASES[case]
    alertmanager.fire(cause, *symptoms, *others)
    expected = {frozenset(labels.items()): silent for silent, group in (
        (True, symptoms), (False, [cause, *others])) for labels in group}

    def judged():
        assert alertmanager.states() == expected
        return True
    eventually(judged, 20, "the alerts are judged")


def test_a_page_and_a_ticket_go_their_ways_and_a_symptom_none(alertmanager):
    alertmanager.fire(alert("PostgreSQLDown"), alert("DatabasePoolFull", pool="web"),
                      alert("QueueOldEntry", queue="emails", system="rq"))
    receiver = alertmanager.receiver
    eventually(lambda: receiver.names("page") and receiver.names("ticket"), 60, "messages come")
    assert receiver.names("page") == {"PostgreSQLDown"}
    assert receiver.names("ticket") == {"QueueOldEntry"}
