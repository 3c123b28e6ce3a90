"""A real MySQL server, where OTHER_SERVER names one, in place of a MariaDB."""

import os

from . import other_servers
from .mariadb import Mariadb
from .processes import program


class Mysql(Mariadb):
    """As Mariadb, but it always has TLS: without it no user of MySQL 9 can log in."""

    ISOLATION = "transaction_isolation"

    def _own_user(self):
        return None   # The server's files are where another user may not look.

    def _options(self):
        root = other_servers.folder() / "root/usr"
        return ["--no-defaults", f"--datadir={self.cluster}", "--mysqlx=OFF",
                "--secure-file-priv=NULL",
                f"--lc-messages-dir={root / 'share/mysql'}",
                f"--character-sets-dir={root / 'share/mysql/charsets'}",
                f"--plugin-dir={root / 'lib/mysql/plugin'}",
                *(["--user=root"] if os.geteuid() == 0 else [])]

    def _install(self):
        self.server = program("mysqld")
        self._run([self.server, *self._options(), "--initialize-insecure"])

    def _tls(self, certificate, key):
        return [f"--ssl-cert={certificate}", f"--ssl-key={key}"] if certificate else []

    def statements(self, user="exporter"):
        """What the user's connections run at this moment: seconds, state, text."""
        return self.sql("SELECT time, state, info FROM performance_schema.processlist"
                        f" WHERE user = '{user}' AND command = 'Query'", database="mysql")


def own_server(**options):
    """A MySQL or MariaDB, which the caller closes."""
    return (Mysql if other_servers.IS_MYSQL else Mariadb)(**options)
