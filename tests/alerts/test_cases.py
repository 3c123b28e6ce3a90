"""Each rule fires when it should, and only then: tests/alerts/cases, by promtool."""

import collections
import pathlib
import subprocess

import pytest
import yaml

from support.processes import program
from support.rules import alerts, rules, selectors

CASES = pathlib.Path(__file__).parent / "cases"
FILES = sorted(CASES.glob("*.yaml"))
# By topic; slo_days.yaml is of slo.yaml, in larger steps.
TESTS = collections.defaultdict(list)
for _path in FILES:
    TESTS[_path.stem.partition("_")[0]] += yaml.safe_load(_path.read_text())["tests"]
ALERTS = [pytest.param(alert, id=alert.name) for alert in alerts()]
# What says that series are absent.
ON_ABSENCE = {"ExporterAbsent"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_cases_of_a_topic_hold(path):
    done = subprocess.run([program("promtool"), "test", "rules", path.name], text=True,
                          capture_output=True, timeout=60, cwd=CASES)
    assert done.returncode == 0, done.stdout + done.stderr


def expectations(alert):
    """Of each test of the alert: the names of its series, and whether the alert is to fire."""
    for test in TESTS[alert.topic]:
        names = {series["series"].partition("{")[0] for series in test["input_series"]}
        for wanted in test.get("alert_rule_test", ()):
            if wanted["alertname"] == alert.name:
                yield names, bool(wanted["exp_alerts"])


def sources(expr):
    """The metrics of an expression, those behind recorded names among them."""
    recorded = {rule.name: rule.expr for rule in rules() if rule.kind == "record"}
    for selector in selectors(expr):
        if selector.name in recorded:
            yield from sources(recorded[selector.name])
        else:
            yield selector.name


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_is_seen_to_fire_to_be_silent_and_without_its_series(alert):
    found = list(expectations(alert))
    first = next(iter(sources(alert.expr)))
    assert any(fires for _, fires in found), "it is never seen to fire"
    assert any(not fires and first in names for names, fires in found), "nor silent beside series"
    assert {fires for names, fires in found if not names} == {alert.name in ON_ABSENCE}


def test_each_recorded_name_has_a_case():
    tested = {selector.name for tests in TESTS.values() for test in tests
              for wanted in test.get("promql_expr_test", ())
              for selector in selectors(wanted["expr"])}
    assert tested == {rule.name for rule in rules() if rule.kind == "record"}
