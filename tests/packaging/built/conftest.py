"""What is built once for the tests of what scripts/release makes. Needs root."""

import os

import pytest

from support.bare import Containers
from support.kept import run
from support.processes import ROOT

_IDENTITY = {f"GIT_{who}_{what}": text for who in ("AUTHOR", "COMMITTER")
             for what, text in (("NAME", "test"), ("EMAIL", "test@example.org"))}


class Releases:
    """A clone of the last commit, in which versions are released."""

    def __init__(self, folder):
        self.folder = folder
        self.clone = folder / "clone"
        run(["git", "clone", "-q", ROOT, self.clone])
        self.change("CHANGELOG.md", "## Unreleased\n", "## Unreleased\n\n- A first change.\n")

    def change(self, name, old, new):
        """Commits another text in place of the first one that is `old`."""
        path = self.clone / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        self.git("commit", "-qm", f"{name}: a change", name)

    def git(self, *words):
        return run(["git", "-C", self.clone, *words], env={**os.environ, **_IDENTITY})

    def release(self, version, clone=None, **variables):
        """The folder of what scripts/release has made, in this clone or another one of it."""
        made = self.folder / f"made-{version}-{len(list(self.folder.iterdir()))}"
        run([(clone or self.clone) / "scripts/release", "--without-image", version, made],
            timeout=7200, env={**os.environ, **_IDENTITY, **variables}, cwd="/")
        return made


@pytest.fixture(scope="session")
def releases(tmp_path_factory):
    assert os.geteuid() == 0, "needs root"
    return Releases(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="session")
def release(releases):
    """Version 9.8.1 of the last commit."""
    return releases.release("9.8.1")


@pytest.fixture(scope="session")
def containers(tmp_path_factory):
    return Containers(tmp_path_factory.mktemp("containers"))
