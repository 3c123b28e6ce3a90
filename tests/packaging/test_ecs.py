"""The task definition is one that the AWS client takes, and starts what the image has."""

import json
import os
import re
import subprocess

import pytest

from support.kept import kept, run
from support.processes import ROOT

HERE = ROOT / "tests/packaging"
PINS = HERE / "botocore_pins.txt"
TASK = ROOT / "packaging/ecs/task-definition.json"
_INTERPRETER = "/usr/bin/python3"


@pytest.fixture(scope="module")
def validate():
    """Returns what botocore has to say to a definition; empty if it is valid."""
    def install(folder):
        run([_INTERPRETER, "-m", "venv", folder])
        run([folder / "bin/python3", "-m", "pip", "install", "-q", "--no-deps",
             "--only-binary", ":all:", "--disable-pip-version-check", "-r", PINS])

    # The next version of the interpreter cannot use the packages.
    ground = os.path.realpath(_INTERPRETER).encode() + PINS.read_bytes()
    python = kept("botocore", ground, install) / "bin/python3"
    return lambda path: subprocess.run([python, HERE / "validate_task.py", path], text=True,
                                       capture_output=True, timeout=60).stdout


def test_the_definition_is_valid(validate):
    assert validate(TASK) == ""


def test_what_is_wrong_is_found(validate, tmp_path):
    task = json.loads(TASK.read_text())
    task["containerDefinitions"][1]["readonlyRootFileSystem"] = True
    task["containerDefinitions"][1]["memory"] = "128"
    wrong = tmp_path / "task.json"
    wrong.write_text(json.dumps(task))
    said = validate(wrong)
    assert "readonlyRootFileSystem" in said
    assert "Invalid type for parameter containerDefinitions[1].memory" in said


def test_the_exporter_is_locked_down_and_cannot_end_the_application():
    web, exporter = json.loads(TASK.read_text())["containerDefinitions"]
    assert (web["essential"], exporter["essential"]) == (True, False)
    assert exporter["readonlyRootFilesystem"]
    assert exporter["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}


def test_the_health_check_and_the_user_are_those_of_the_image():
    exporter = json.loads(TASK.read_text())["containerDefinitions"][1]
    image = (ROOT / "packaging/image/Dockerfile").read_text()
    health = exporter["healthCheck"]
    assert f"USER {exporter['user']}\n" in image
    assert "CMD " + json.dumps(health["command"][1:]) in image
    options = dict(re.findall(r"--(interval|timeout|start-period|retries)=(\d+)", image))
    assert options == {"interval": str(health["interval"]), "timeout": str(health["timeout"]),
                       "start-period": str(health["startPeriod"]),
                       "retries": str(health["retries"])}
