"""The image, built from its Dockerfile on bare Debian roots, and run as it has to be run."""

import json
import os
import pathlib
import subprocess
import time
import urllib.request

import pytest

from support.bare import Root
from support.processes import ROOT, free_port
from support.waiting import eventually

BASES = ("docker.io/library/debian:bookworm", "docker.io/library/debian:bookworm-slim")
DOCKERFILE = ROOT / "packaging/image/Dockerfile"


@pytest.fixture(scope="module")
def bases(containers, tmp_path_factory):
    """Debian's images, made here: no registry is asked. They reach apt as this machine does."""
    folder = tmp_path_factory.mktemp("base")
    root = Root(folder / "root")
    for name in ("src", "ccache"):
        subprocess.run(["rm", "-r", root.folder / name], check=True)
    # This machine's ccache, which build() mounts.
    (root.folder / "etc/ccache.conf").write_text("cache_dir = /ccache\n")
    archive = folder / "root.tar"
    subprocess.run(["tar", "-C", root.folder, "-cf", archive, "."], check=True)
    root.remove()
    for base in BASES:
        containers.podman("import", archive, base, timeout=600)
    archive.unlink()


def build(containers, dockerfile, context, *options):
    """The id of the image."""
    ccache = pathlib.Path(subprocess.run(["ccache", "-k", "cache_dir"], text=True, check=True,
                                         capture_output=True).stdout.strip())
    said = containers.buildah("build", "--pull=never", "--quiet", "--volume",
                              f"{ccache}:/ccache", "--file", dockerfile, *options, context,
                              timeout=7200)
    return said.splitlines()[-1]


@pytest.fixture(scope="module")
def image(releases, containers, bases):
    return build(containers, DOCKERFILE, releases.clone, "--build-arg", "VERSION=9.8.1",
                 "--build-arg", "REVISION=abc")


class Running:
    """A container of the image on the host's loopback, with nothing that it does not need."""

    def __init__(self, containers, image, uid):
        self._containers = containers
        self.port = free_port()
        self.name = containers.start(
            "--network=host", "--read-only", "--read-only-tmpfs=false", "--cap-drop=all",
            "--security-opt=no-new-privileges", f"--user={uid}",
            f"--env=EXPORTER_WEB_LISTEN_ADDRESS=127.0.0.1:{self.port}",
            "--env=REDIS_URL=redis://127.0.0.1:1", image)

    def page(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            return answer.read().decode()

    def is_healthy(self):
        try:
            self._containers.podman("exec", self.name, "/usr/bin/exporter", "healthcheck")
        except AssertionError:
            return False
        return True

    def inspect(self):
        return json.loads(self._containers.podman("inspect", self.name))[0]

    def stop(self):
        """Returns (exit code, seconds)."""
        start = time.monotonic()
        self._containers.podman("stop", "--time", "5", self.name)
        return self.inspect()["State"]["ExitCode"], time.monotonic() - start

    def close(self):
        self._containers.remove(self.name)


@pytest.fixture
def start(containers, image):
    started = []

    def running(uid):
        started.append(Running(containers, image, uid))
        return started[-1]

    yield running
    for container in started:
        container.close()


@pytest.mark.parametrize("uid", ["65534:65534", "12345:0"])
def test_it_runs_as_any_user_with_a_read_only_root_and_is_scraped(start, uid):
    container = start(uid)
    eventually(container.is_healthy, 10, "the health check succeeds")
    assert "redis_up 0" in container.page()
    pid = container.inspect()["State"]["Pid"]
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    assert f"Uid:\t{uid.partition(':')[0]}\t" in status
    assert "CapEff:\t0000000000000000\n" in status
    code, seconds = container.stop()
    assert code == 0
    assert seconds < 3   # podman's own part of it is more than a second on a busy machine


def test_the_health_check_fails_if_the_exporter_hangs(start):
    container = start("65534:65534")
    eventually(container.is_healthy, 10, "the health check succeeds")
    pid = container.inspect()["State"]["Pid"]
    os.kill(pid, 19)   # SIGSTOP
    try:
        assert not container.is_healthy()
    finally:
        os.kill(pid, 18)


def test_it_is_small_and_has_nothing_to_build_with(containers, image):
    def size_of(name):
        container = containers.buildah("from", "--pull=never", name)
        try:
            root = pathlib.Path(containers.buildah("mount", container))
            listing = subprocess.run(["du", "-sbx", root], text=True, capture_output=True,
                                     check=True).stdout
            return int(listing.split()[0]), root, container
        except BaseException:
            containers.buildah("rm", container)
            raise

    base, _, base_container = size_of(BASES[1])
    whole, root, container = size_of(image)
    try:
        assert whole - base <= 40_000_000
        assert (root / "usr/bin/exporter").stat().st_size < 20_000_000
        assert not list(root.glob("usr/bin/*g++*")) and not (root / "src").exists()
        assert not list((root / "tmp").iterdir())
        assert (root / "usr/share/doc/sidecar-exporter/LICENSE").exists()
    finally:
        containers.buildah("rm", base_container, container)


def test_its_settings_are_those_that_the_pages_name(containers, image):
    settings = json.loads(containers.podman("image", "inspect", image))[0]
    config = settings["Config"]
    assert config["User"] == "65534:65534"
    assert config["Entrypoint"] == ["/usr/bin/exporter"]
    assert "9899/tcp" in config["ExposedPorts"]
    assert settings["Labels"]["org.opencontainers.image.version"] == "9.8.1"
    assert settings["Labels"]["org.opencontainers.image.revision"] == "abc"
    assert settings["HealthCheck" if "HealthCheck" in settings else "Healthcheck"]["Test"] == \
        ["CMD", "/usr/bin/exporter", "healthcheck"]


@pytest.mark.parametrize("target, command", [
    ("pgbouncer", ["/usr/sbin/pgbouncer", "--version"]),
    ("celery", ["/usr/bin/python3", "-c", "import celery, redis, psycopg2"])])
def test_the_images_of_the_compose_file_have_their_programs(containers, bases, target, command):
    folder = ROOT / "packaging/compose"
    made = build(containers, folder / "Dockerfile", folder, "--target", target)
    name = containers.start("--network=none", "--entrypoint", json.dumps(command), made)
    try:
        assert containers.podman("wait", name) == "0"
    finally:
        containers.remove(name)
