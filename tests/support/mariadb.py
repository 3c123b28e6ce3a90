"""A real MariaDB server, private to the test that started it, on loopback."""

import os
import shutil
import subprocess

from .processes import Process, free_port, program
from .servers import MARIADB_PASSWORD
from .waiting import eventually


class Mariadb(Process):
    """A server with an empty database `shop` and the user `exporter`, who may read it.

    With `tls` it has a certificate for the host `localhost`, which is its own authority.
    """

    ISOLATION = "tx_isolation"

    def __init__(self, tls=False):
        super().__init__()
        self.port = free_port()
        self.user = self._own_user()
        self.cluster = self.folder / "cluster"
        self.socket = self.folder / "mariadb.sock"
        self.certificate, key = self.make_certificate("server") if tls else (None, None)
        self.tls = self._tls(self.certificate, key)
        if self.user:
            shutil.chown(self.folder, self.user)
        self.client = program("mariadb")
        self._install()
        self.start()
        self.sql("CREATE DATABASE shop;"
                 f"CREATE USER exporter@'127.0.0.1' IDENTIFIED BY '{MARIADB_PASSWORD}';"
                 f"CREATE USER exporter@localhost IDENTIFIED BY '{MARIADB_PASSWORD}';"
                 "GRANT SELECT ON shop.* TO exporter@'127.0.0.1', exporter@localhost",
                 database="mysql")

    def _own_user(self):
        return "mysql" if os.geteuid() == 0 else None

    def _options(self):
        return ["--no-defaults", f"--datadir={self.cluster}"]

    def _install(self):
        self.server = program("mariadbd", "usr/sbin/mariadbd")
        self._run([program("mariadb-install-db"), *self._options(),
                   "--auth-root-authentication-method=normal", "--skip-test-db",
                   "--skip-name-resolve", *([f"--user={self.user}"] if self.user else [])])

    def _tls(self, certificate, key):
        # From 11.4 on a server makes a certificate for itself.
        return [f"--ssl-cert={certificate}", f"--ssl-key={key}"] if certificate else ["--skip-ssl"]

    def _run(self, command, text=None):
        done = subprocess.run([str(word) for word in command], input=text, capture_output=True,
                              timeout=60, cwd=self.folder)
        assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
        return done.stdout

    def make_certificate(self, name):
        """The paths of a certificate for `localhost` and of its key."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        self._run([program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                   "-days", "2", "-subj", "/CN=localhost", "-addext",
                   "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate])
        key.chmod(0o644)   # The server is another user.
        return certificate, key

    def start(self):
        self.spawn([self.server, *self._options(), f"--port={self.port}",
                    "--bind-address=127.0.0.1", f"--socket={self.socket}",
                    f"--pid-file={self.folder / 'mariadb.pid'}", "--skip-name-resolve",
                    "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=32M",
                    "--character-set-server=utf8mb4", *self.tls], user=self.user)
        eventually(self._answers, 30, "MariaDB answers")

    restart_after_kill = start

    def _answers(self):
        self.assert_running()
        self.sql("SELECT 1", database="mysql")
        return True

    def _command(self, database):
        # Also while every connection is taken: root may have one more.
        return [self.client, "--no-defaults", f"--socket={self.socket}", "-u", "root", "-NB",
                "--skip-ssl", "--default-character-set=utf8mb4", database]

    def sql(self, text, database="shop"):
        """Runs SQL as root; returns the rows as lists of strings."""
        printed = self._run(self._command(database), text.encode())
        return [line.split("\t") for line in printed.decode(errors="replace").splitlines()]

    def statements(self, user="exporter"):
        """What the user's connections run at this moment: seconds, state, text."""
        return self.sql("SELECT time_ms / 1000, state, info FROM information_schema.processlist"
                        f" WHERE user = '{user}' AND command = 'Query'", database="mysql")

    def await_no_statement(self, within, user="exporter"):
        def none_runs():
            running = self.statements(user)
            assert not running, running
            return True
        eventually(none_runs, within, f"{user} runs nothing")

    def url(self, user="exporter", password=MARIADB_PASSWORD, port=None, database="shop",
            host="127.0.0.1", scheme="mysql", parameters=""):
        return (f"{scheme}://{user}:{password}@{host}:{port or self.port}/{database}"
                f"{parameters and '?' + parameters}")

    def holder(self, statement):
        """An open connection that ran the statement. Use it in a `with`."""
        return _Holder(self._command("shop"), statement)


class _Holder:
    def __init__(self, command, statement):
        self.client = subprocess.Popen([*command, "--unbuffered"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True)
        self.client.stdin.write(f"{statement};\nSELECT 'held';\n")
        self.client.stdin.flush()
        assert self.client.stdout.readline().strip() == "held"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.kill()
        self.client.wait(10)
        self.client.stdin.close()
        self.client.stdout.close()
