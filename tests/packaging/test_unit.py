"""The systemd unit: valid, hardened, and not so hard that the exporter cannot work in it."""

import configparser
import re
import subprocess

from support.exporter import BINARY, run
from support.processes import ROOT, program

UNIT = ROOT / "packaging/systemd/sidecar-exporter.service"


def settings():
    """The section [Service]; a key that stands twice has both values."""
    found = {}
    section = UNIT.read_text().partition("[Service]")[2].partition("\n[")[0]
    for key, value in re.findall(r"^(\w+)=(.*)$", section, re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


def analyze(*arguments):
    return subprocess.run([program("systemd-analyze"), *map(str, arguments)], text=True,
                          capture_output=True, timeout=60)


def test_the_unit_is_valid(tmp_path):
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/usr/bin/exporter", str(BINARY)))
    done = analyze("verify", "--man=no", copy)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_key_is_found(tmp_path):
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/usr/bin/exporter", str(BINARY))
                    .replace("ProtectHome=", "ProtectHomes="))
    assert "ProtectHomes" in analyze("verify", "--man=no", copy).stderr


def test_the_unit_is_hardened():
    done = analyze("security", "--offline=true", "--threshold=20", UNIT)   # in tenths
    assert done.returncode == 0, done.stdout
    assert re.search(r"Overall exposure level for \S+: [01]\.\d", done.stdout), done.stdout


def calls_of(name, sets):
    """The system calls of a set, of the sets within too."""
    return {call for word in sets[name]
            for call in (calls_of(word, sets) if word.startswith("@") else {word})}


def allowed_calls():
    listing = analyze("syscall-filter").stdout.partition("# Not showing")[0]
    sets, current = {}, None
    for line in listing.splitlines():
        if line.startswith("@"):
            current = sets.setdefault(line.strip(), [])
        elif line.strip() and not line.strip().startswith("#"):
            current.append(line.strip())
    allow, deny = settings()["SystemCallFilter"]
    assert deny.startswith("~")
    return calls_of(allow, sets) - {call for name in deny[1:].split()
                                    for call in calls_of(name, sets)}


def test_the_exporter_makes_no_call_that_the_filter_refuses(start_exporter, postgres, redis,
                                                            tmp_path):
    trace = tmp_path / "trace"
    exporter = start_exporter(
        "collectors:\n"
        f"  - {{type: postgres, dsn: '{postgres.url()}'}}\n"
        f"  - {{type: redis, url: '{redis.url()}'}}\n",
        under=["strace", "-D", "-f", "-q", "-o", trace])
    assert exporter.page().value("redis_up") == 1
    assert exporter.stop()[0] == 0
    made = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.MULTILINE))
    assert {"openat", "connect", "accept4", "prlimit64"} <= made
    assert made - allowed_calls() == set()


def test_the_environment_file_and_the_configuration_fit_the_unit(tmp_path):
    unit = settings()
    folder, = unit["LoadCredential"]
    assert folder == "dsn:/etc/sidecar-exporter/credentials"
    default = configparser.ConfigParser(interpolation=None)
    default.optionxform = str
    default.read_string("[all]\n" + UNIT.with_suffix(".default").read_text())
    environment = dict(default["all"])
    assert environment["EXPORTER_CONFIG"] == "/etc/sidecar-exporter/exporter.yaml"
    path = UNIT.with_name("exporter.yaml")
    done = run("check", env={**environment, "EXPORTER_CONFIG": str(path),
                             "CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert "CREDENTIALS_DIRECTORY" in run("check", env={**environment,
                                                        "EXPORTER_CONFIG": str(path)}).stderr
