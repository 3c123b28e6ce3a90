"""What the Debian package says of itself is what the tree says elsewhere."""

import re
import subprocess

from support.processes import ROOT

CONTROL = (ROOT / "packaging/debian/control").read_text()


def set_of(name):
    done = subprocess.run([ROOT / "scripts/install-packages", "--list", name], text=True,
                          capture_output=True, timeout=30, check=True)
    return set(done.stdout.split())


def test_the_package_is_built_with_the_set_build():
    field = re.search(r"^Build-Depends: (.*?)^\S", CONTROL, re.MULTILINE | re.DOTALL)[1]
    named = {word.split()[0] for word in field.strip().split(",")}
    # Each build has a compiler, and none needs a cache.
    assert named - {"debhelper-compat"} == set_of("build") - {"g++", "ccache"}


def test_everything_that_the_package_installs_is_in_the_tree():
    for line in (ROOT / "packaging/debian/sidecar-exporter.install").read_text().splitlines():
        source = line.split()[0]
        assert source == "obj-*/bin/exporter" or (ROOT / source).exists(), source
