"""scripts/release: its files, the changelog's section, and the same bytes twice."""

import re
import subprocess
import tarfile

from support.kept import run


def hashes_of(made):
    lines = (made / "SHA256SUMS").read_text().splitlines()
    return dict(reversed(line.split("  ")) for line in lines)


def test_it_makes_every_file_with_its_hash(release):
    names = {path.name for path in release.iterdir()} - {"SHA256SUMS"}
    arch = run(["dpkg", "--print-architecture"]).strip()
    assert {re.sub(r"-[a-z]+-" + arch, "-RELEASE-" + arch, name) for name in names} == {
        f"sidecar-exporter_9.8.1-1_{arch}.deb", f"sidecar-exporter-dbgsym_9.8.1-1_{arch}.deb",
        f"sidecar-exporter-9.8.1-RELEASE-{arch}.tar.gz", "sidecar-exporter-9.8.1.tar.gz"}
    assert set(hashes_of(release)) == names
    run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=release)


def test_it_writes_the_version_and_the_section_and_tags_them(release, releases):
    assert "VERSION 9.8.1 " in releases.git("show", "v9.8.1:CMakeLists.txt")
    text = releases.git("show", "v9.8.1:CHANGELOG.md")
    unreleased, section = re.split(r"^## 9\.8\.1 - \d{4}-\d\d-\d\d$", text, flags=re.MULTILINE)
    assert unreleased.rstrip().endswith("## Unreleased")
    assert section.lstrip().startswith("- A first change.\n")


def test_the_binary_of_the_tarball_runs_from_where_it_lies(release, tmp_path):
    found, = release.glob("*-9.8.1-*.tar.gz")
    with tarfile.open(found) as archive:
        archive.extractall(tmp_path)
    prefix = tmp_path / "sidecar-exporter-9.8.1"
    assert run([prefix / "bin/exporter", "--version"]).startswith("exporter 9.8.1 (revision ")
    assert (prefix / "LICENSE").exists()
    assert (prefix / "share/sidecar-exporter/schema.json").exists()


def test_the_sources_are_those_of_the_tag(release, releases):
    with tarfile.open(release / "sidecar-exporter-9.8.1.tar.gz") as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers()
                 if member.isfile()}
    assert names == set(releases.git("ls-tree", "-r", "--name-only", "v9.8.1").splitlines())


def test_another_build_of_the_tag_elsewhere_has_the_same_hashes(release, releases, tmp_path):
    clone = tmp_path / "a clone in a folder of another name and length"
    run(["git", "clone", "-q", releases.clone, clone])
    again = releases.release("9.8.1", clone, CCACHE_DISABLE="1", TZ="Asia/Tokyo",
                             LC_ALL="C", TMPDIR=str(tmp_path))
    assert hashes_of(again) == hashes_of(release)


def refused(releases, version):
    done = subprocess.run([releases.clone / "scripts/release", "--without-image", version],
                          text=True, capture_output=True, timeout=60)
    assert done.returncode == 1
    return done.stderr


def test_it_refuses_a_tree_that_is_not_committed_and_a_version_that_is_none(releases):
    assert "the version has to be X.Y.Z" in refused(releases, "v9")
    stray = releases.clone / "stray"
    stray.write_text("")
    try:
        assert "commit what differs from HEAD first" in refused(releases, "9.8.9")
    finally:
        stray.unlink()
    assert not releases.git("tag", "--list", "v9.8.9")
