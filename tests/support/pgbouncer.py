"""A real PgBouncer in front of a real PostgreSQL, private to the test that started it."""

import os
import subprocess

from .processes import Process, free_port, program
from .servers import POSTGRES_PASSWORD, WRONG_PASSWORD, PostgresClient
from .waiting import eventually

# Of the console's users. The exporter gets it, and must show it nowhere.
PASSWORD = POSTGRES_PASSWORD


class PgBouncer(Process):
    """A transaction pooler of the database shop, with two server connections a pool.

    The user stats may look, the user admin may do all; shop is the application. `settings` are
    lines of pgbouncer.ini, `databases` more of its databases, by name, "*" for any other.
    """

    def __init__(self, postgres, settings="", databases=None):
        super().__init__()
        self.port = free_port()
        self.psql = postgres.psql
        # It refuses to run as root.
        self.user = postgres.user
        users = "".join(f'"{user}" "{PASSWORD}"\n' for user in ("stats", "admin", "shop"))
        (self.folder / "users.txt").write_text(users)
        server = f"host=127.0.0.1 port={postgres.port}"
        more = "".join(f"{name} = {server} {options}\n"
                       for name, options in (databases or {}).items())
        (self.folder / "pgbouncer.ini").write_text(f"""
[databases]
shop = {server} pool_size=2 reserve_pool=1
{more}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir =
auth_type = plain
auth_file = {self.folder / "users.txt"}
pool_mode = transaction
stats_users = stats
admin_users = admin
query_wait_timeout = 60
{settings}
""")
        self.start()

    def start(self):
        self.spawn([program("pgbouncer", "usr/sbin/pgbouncer"), self.folder / "pgbouncer.ini"],
                   user=self.user)
        eventually(self._answers, 10, "PgBouncer answers")

    def _answers(self):
        self.assert_running()
        return self._psql("SHOW VERSION").returncode == 0

    def _psql(self, text, *options):
        return subprocess.run(
            [self.psql, "-XqA", "-P", "footer=off", *options, "-h", "127.0.0.1", "-p",
             str(self.port), "-U", "admin", "-d", "pgbouncer", "-c", text],
            text=True, capture_output=True, timeout=10,
            env={**os.environ, "PGPASSWORD": PASSWORD, "PGCONNECT_TIMEOUT": "5"})

    def console(self, text):
        """What an administrator's command on the console prints: a header and rows."""
        done = self._psql(text, "-F", "\t", "-P", r"null=\N")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def show(self, what):
        """The rows of a SHOW as dicts."""
        header, *rows = (line.split("\t") for line in self.console(f"SHOW {what}").splitlines())
        return [dict(zip(header, row)) for row in rows]

    def pool(self, database="shop", user="shop"):
        """The row of SHOW POOLS of one pool; empty before its first client came."""
        found = [row for row in self.show("POOLS")
                 if (row["database"], row["user"]) == (database, user)]
        return found[0] if found else {}

    def client(self, application_name, *statements):
        """A client of the pool shop that ran the statements and then stays connected."""
        return PostgresClient(self, application_name, statements)

    def odd_client(self, name):
        """A client whose application_name and database have that name, whatever is in it."""
        quoted = name.replace("\\", r"\\").replace("'", r"\'")
        return PostgresClient(self, name, ("SELECT 1",), database=f"dbname='{quoted}'")

    def url(self, user="stats", password=PASSWORD, port=None, database="pgbouncer"):
        return f"postgresql://{user}:{password}@127.0.0.1:{port or self.port}/{database}"

    def wrong_url(self):
        return self.url(password=WRONG_PASSWORD)
