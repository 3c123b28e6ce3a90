"""The Debian package: clean, and installed, run, upgraded and purged on a machine with systemd."""

import re
import subprocess

import pytest

from support.bare import Booted, Root
from support.kept import run
from support.processes import ROOT, program
from support.waiting import eventually

NAME = "sidecar-exporter"
SERVICE = f"{NAME}.service"
PROBE = ("import urllib.request as u;"
         "print(u.urlopen('http://127.0.0.1:9899/metrics', timeout=5).read().decode())")


def package_in(made, name=NAME):
    found, = made.glob(f"{name}_*.deb")
    return found


def test_lintian_has_nothing_to_say(release):
    done = subprocess.run(
        [program("lintian"), "--fail-on", "error,warning,info", "--display-info",
         "--tag-display-limit", "0", package_in(release), package_in(release, f"{NAME}-dbgsym")],
        text=True, capture_output=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_the_package_has_its_files_and_the_debugging_data_is_apart(release, tmp_path):
    package = package_in(release)
    listing = run(["dpkg-deb", "--contents", package])
    for path in ("usr/bin/exporter", "usr/share/man/man1/exporter.1.gz",
                 "usr/share/bash-completion/completions/exporter",
                 "usr/share/zsh/vendor-completions/_exporter",
                 "usr/share/fish/vendor_completions.d/exporter.fish",
                 f"lib/systemd/system/{SERVICE}", f"usr/lib/sysusers.d/{NAME}.conf",
                 "etc/sidecar-exporter/exporter.yaml", f"etc/default/{NAME}",
                 f"usr/share/{NAME}/schema.json", f"usr/share/doc/{NAME}/copyright",
                 f"usr/share/doc/{NAME}/changelog.gz", f"usr/share/doc/{NAME}/examples/"):
        assert f" ./{path}" in listing, path
    assert re.search(r"^drwx------ root/root .* \./etc/sidecar-exporter/credentials/$", listing,
                     re.MULTILINE)
    run(["dpkg-deb", "-x", package, tmp_path])
    binary = tmp_path / "usr/bin/exporter"
    assert binary.stat().st_size < 20_000_000
    assert ".debug_info" not in run(["readelf", "-S", "-W", binary])
    build = re.search(r"Build ID: (\w+)", run(["readelf", "-n", binary]))[1]
    symbols = run(["dpkg-deb", "--contents", package_in(release, f"{NAME}-dbgsym")])
    assert f"{build[:2]}/{build[2:]}.debug" in symbols


def test_the_libraries_are_those_of_the_set_run(release):
    depends = run(["dpkg-deb", "--field", package_in(release), "Depends"])
    # libspdlog provides the name with the version of fmt that it needs.
    libraries = {re.sub(r"-fmt\d+$", "", word.split()[0]) for word in depends.strip().split(", ")}
    # What every Debian has, and what makes the user.
    assert libraries - {"libc6", "libgcc-s1", "libstdc++6", "systemd"} == \
        set(run([ROOT / "scripts/install-packages", "--list", "run"]).split()), depends


class Machine:
    """A Debian 12 with systemd, a Redis of its own and the package."""

    def __init__(self, folder, containers, made):
        self.root = Root(folder / "machine")
        self.root.install("systemd", "dbus", "redis-server", "python3", "man-db")
        self.before = self.root.files()
        self.copy(made)
        # apt finds what the package depends on.
        self.root.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-qy",
                      "--no-install-recommends", f"/tmp/{package_in(made).name}")
        self.booted = Booted(self.root, containers)

    def copy(self, made):
        package = package_in(made)
        (self.root.folder / "tmp" / package.name).write_bytes(package.read_bytes())

    def path(self, name):
        return self.root.folder / name

    def run(self, *command):
        return self.booted.run(*command)

    def page(self):
        return self.run("python3", "-c", PROBE)

    def close(self):
        self.booted.close()
        self.root.remove()


@pytest.fixture(scope="module")
def machine(tmp_path_factory, containers, release):
    made = Machine(tmp_path_factory.mktemp("package"), containers, release)
    yield made
    made.close()


# The tests below are one story of the machine, in this order.

def test_it_is_installed_and_starts_nothing_that_is_not_configured(machine):
    assert machine.run("exporter", "--version").startswith("exporter 9.8.1 ")
    assert machine.run("systemctl", "show", "-P", "ActiveState", SERVICE) == "inactive"
    assert machine.run("systemctl", "show", "-P", "UnitFileState", SERVICE) == "disabled"
    assert machine.run("systemd-analyze", "verify", SERVICE) == ""
    assert "exporter - metrics of" in machine.run("man", "exporter")
    machine.run("dpkg", "--verify", NAME)
    mode = machine.path("etc/default/sidecar-exporter").stat()
    assert (mode.st_mode & 0o777, mode.st_uid) == (0o640, 0)


def test_the_service_runs_as_its_user_and_reads_a_credential_that_only_root_may_read(machine):
    credentials = machine.path("etc/sidecar-exporter/credentials")
    assert credentials.stat().st_mode & 0o777 == 0o700
    secret = credentials / "redis"
    secret.write_text("redis://127.0.0.1:6379/0\n")
    secret.chmod(0o600)
    configuration = machine.path("etc/sidecar-exporter/exporter.yaml")
    text = configuration.read_text()
    configuration.write_text(text.replace(
        "  - type: postgres\n    dsn_file: ${CREDENTIALS_DIRECTORY}/dsn_postgres\n", ""))
    machine.run("systemctl", "enable", "--now", SERVICE)
    eventually(lambda: "redis_up 1" in machine.page(), 30, "Redis is read")
    pid = machine.run("systemctl", "show", "-P", "MainPID", SERVICE)
    status = machine.run("cat", f"/proc/{pid}/status")
    uid = machine.run("id", "-u", NAME)
    assert f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}" in status
    assert "CapEff:\t0000000000000000" in status
    assert "Seccomp:\t2" in status
    assert "NoNewPrivs:\t1" in status
    # /proc/stat can be read: the start is not in 1970.
    start = re.search(r"^process_start_time_seconds (\S+)$", machine.page(), re.MULTILINE)
    assert float(start[1]) > 1.7e9


def test_a_wrong_configuration_is_told_and_not_tried_for_ever(machine):
    configuration = machine.path("etc/sidecar-exporter/exporter.yaml")
    good = configuration.read_text()
    configuration.write_text(good + "nonsense: 1\n")
    try:
        with pytest.raises(AssertionError):
            machine.run("systemctl", "restart", SERVICE)
            machine.run("systemctl", "is-active", "--wait", SERVICE)
        eventually(lambda: machine.run("systemctl", "show", "-P", "ActiveState", SERVICE)
                   == "failed", 10, "the service has failed")
        assert machine.run("systemctl", "show", "-P", "NRestarts", SERVICE) == "0"
        assert "unknown key \"nonsense\"" in machine.run("journalctl", "-u", SERVICE)
    finally:
        configuration.write_text(good)
    machine.run("systemctl", "restart", SERVICE)


def test_an_upgrade_keeps_what_the_administrator_wrote_and_restarts_the_service(machine, releases):
    ours = machine.path("etc/sidecar-exporter/exporter.yaml").read_text()
    # The next version has another configuration file and another environment.
    for name in ("exporter.yaml", "sidecar-exporter.default"):
        releases.change(f"packaging/systemd/{name}", "# The ", "# Of the next version. The ")
    releases.change("CHANGELOG.md", "## Unreleased\n", "## Unreleased\n\n- A second change.\n")
    made = releases.release("9.8.2")
    machine.copy(made)
    machine.run("dpkg", "--force-confold", "-i", f"/tmp/{package_in(made).name}")
    assert machine.path("etc/sidecar-exporter/exporter.yaml").read_text() == ours
    assert machine.path("etc/sidecar-exporter/exporter.yaml.dpkg-dist").exists()
    assert "Of the next version" in machine.path("etc/default/sidecar-exporter").read_text()
    eventually(lambda: "redis_up 1" in machine.page() and 'version="9.8.2"' in machine.page(), 30,
               "the new version serves")
    assert machine.run("systemctl", "show", "-P", "UnitFileState", SERVICE) == "enabled"


def test_a_removal_keeps_the_configuration_and_a_purge_leaves_nothing(machine):
    machine.run("dpkg", "--remove", NAME)
    assert machine.path("etc/sidecar-exporter/credentials/redis").exists()
    assert not machine.path("usr/bin/exporter").exists()
    machine.run("dpkg", "--purge", NAME)
    machine.run("systemctl", "daemon-reload")
    assert machine.run("systemctl", "show", "-P", "LoadState", SERVICE) == "not-found"
    left = {path for path in machine.root.files() - machine.before
            if NAME in path or path.endswith(("/exporter", "/exporter.1.gz"))}
    assert left == set()
    # Debian's rule: the number of a user is not given to another one.
    assert f"\n{NAME}:" in machine.path("etc/passwd").read_text()
