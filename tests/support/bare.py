"""Bare Debian machines in folders (scripts/lib/bare.sh), and one that systemd runs."""

import os
import shutil
import uuid

from .kept import run
from .processes import ROOT, program
from .waiting import eventually

_BARE = ('set -euo pipefail; root=$1; shift; struck=; source "$root/scripts/lib/common.sh";'
         'source "$root/scripts/lib/bare.sh"; "$@"')


def _bare(*words, **options):
    return run(["bash", "-c", _BARE, "_", ROOT, *words], **{"timeout": 900, **options})


class Root:
    """A bare Debian of a release in the folder, as root. `run` needs nothing that is running."""

    def __init__(self, folder, release="bookworm"):
        self.folder = folder
        _bare("unpack_root", release, folder)

    def run(self, *command):
        return _bare("in_root", self.folder, *command)

    def install(self, *packages):
        self.run("apt-get", "-q", "update")
        return self.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-qy",
                        "--no-install-recommends", *packages)

    def files(self):
        """Every path, without what apt and dpkg keep for themselves."""
        own = ("proc", "dev", "sys", "run", "tmp", "src", "ccache", "var/lib/apt", "var/lib/dpkg",
               "var/cache", "var/log")
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*")
                if not str(path.relative_to(self.folder)).startswith(own)}

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Containers:
    """Images and containers of podman and buildah that are in the folder alone."""

    def __init__(self, folder):
        settings = folder / "storage.conf"
        settings.write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/graph"\n'
                            f'runroot = "{folder}/run"\n')
        # Without a kernel that may mount an overlay, and without systemd.
        self.environment = {"CONTAINERS_STORAGE_CONF": str(settings),
                            "BUILDAH_ISOLATION": "chroot", "BUILDAH_FORMAT": "docker"}

    def podman(self, *words, **options):
        return run([program("podman"), *words], env={**os.environ, **self.environment},
                   **options).strip()

    def buildah(self, *words, **options):
        return run([program("buildah"), *words], env={**os.environ, **self.environment},
                   **options).strip()

    def start(self, *words):
        """Starts a container in the background; returns its name."""
        name = f"exporter-test-{uuid.uuid4().hex[:12]}"
        # No limit is raised: the tests may run without the right to do so.
        self.podman("run", "--detach", "--name", name, "--runtime", "runc",
                    "--cgroup-manager", "cgroupfs", "--ulimit", "nofile=4096:4096",
                    "--ulimit", "nproc=4096:4096", *words)
        return name

    def remove(self, name):
        self.podman("rm", "--force", "--time", "0", name)


class Booted:
    """A Root whose systemd runs, in a network of its own."""

    def __init__(self, root, containers):
        self._containers = containers
        self._name = containers.start("--rootfs", "--systemd=always", "--network=none",
                                      "--privileged", root.folder, "/lib/systemd/systemd")
        # As on a machine: else the credentials that systemd mounts are seen by nobody.
        self.run("mount", "--make-rshared", "/")
        eventually(self._is_up, 60, "systemd has started everything")

    def _is_up(self):
        return self.run("systemctl", "is-system-running") == "running"

    def run(self, *command):
        return self._containers.podman("exec", self._name, *command)

    def close(self):
        self._containers.remove(self._name)
