"""The rules and their runbooks have one form, and Prometheus and Alertmanager take them."""

import re
import subprocess

import pytest
import yaml

from support.pages import anchors
from support.processes import program
from support.rules import FILES, FOLDER, alerts, rules

RUNBOOKS = (FOLDER / "RUNBOOKS.md").read_text()
SECTION = re.compile(r"^### (\w+)\n(.*?)(?=^##|\Z)", re.DOTALL | re.MULTILINE)
SECTIONS = dict(SECTION.findall(RUNBOOKS))
ALERTS = [pytest.param(alert, id=alert.name) for alert in alerts()]


def checked(*command):
    done = subprocess.run(list(map(str, command)), text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_rules():
    checked(program("promtool"), "check", "rules", "--lint=all", "--lint-fatal", *FILES)


def test_alertmanager_takes_the_example():
    checked(program("amtool"), "check-config", FOLDER / "alertmanager.yaml")


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_how_bad_it_is_what_is_wrong_where_and_what_to_do(alert):
    assert alert.body["labels"]["severity"] in ("critical", "warning")
    texts = alert.body["annotations"]
    assert set(texts) == {"summary", "description", "runbook_url"}
    assert len(texts["summary"]) < 140 and not texts["summary"].endswith(".")
    # Without a series there is no label.
    assert "absent(" in alert.expr or "$labels" in texts["description"]
    assert "Look first" in texts["description"]
    page, _, anchor = texts["runbook_url"].partition("#")
    assert page == "https://runbooks.example.org/RUNBOOKS.md"
    assert anchor == alert.name.lower() and anchor in anchors(RUNBOOKS)


@pytest.mark.parametrize("alert", ALERTS)
def test_a_runbook_has_a_meaning_three_commands_and_causes(alert):
    meaning, commands, causes = re.fullmatch(r"\n(.+?)\n\n```sh\n(.+?)\n```\n\n(.+?)\n+",
                                             SECTIONS[alert.name], re.DOTALL).groups()
    assert meaning and len(commands.splitlines()) == 3
    assert causes.startswith("Usual causes: ")


def test_no_name_is_given_twice_and_no_runbook_is_without_its_alert():
    names = [rule.name for rule in rules()]
    assert len(set(names)) == len(names)
    assert sorted(name for name, _ in SECTION.findall(RUNBOOKS)) == sorted(
        alert.name for alert in alerts())


def test_the_inhibitions_name_alerts_that_exist():
    names = [alert.name for alert in alerts()]
    matchers = [matcher for rule in yaml.safe_load(
        (FOLDER / "alertmanager.yaml").read_text())["inhibit_rules"]
        for side in ("source_matchers", "target_matchers") for matcher in rule[side]]
    for operator, pattern in re.findall(r'alertname(=~|=)"([^"]*)"', "\n".join(matchers)):
        alternatives = [pattern] if operator == "=" else re.split(r"\|(?![^(]*\))", pattern)
        for alternative in alternatives:
            assert any(re.fullmatch(alternative, name) for name in names), alternative


def test_no_expression_names_a_job_or_an_instance():
    for rule in rules():
        assert not re.search(r"\b(job|instance)\s*(=|!)", rule.expr), rule.name
