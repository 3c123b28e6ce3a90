"""Answers far larger than anybody has use for, from real databases and from a server of our own."""

import socket
import sqlite3
import threading

from .processes import free_port

SHAPES = ("cell", "row", "rows")
_COLUMNS = 1000


class Bulk:
    """The texts of a database: a table `bulk` that says how large each shape of answer is."""

    FILL = ("CREATE TABLE bulk (shape varchar(10), n bigint);"
            "INSERT INTO bulk VALUES ('cell', 10), ('row', 1000), ('rows', 100);")

    def __init__(self, repeated, series):
        """`repeated` is SQL for a text of {n} bytes, `series` for {n} rows of v and label."""
        row = ", ".join(f"{repeated.format(n=f'(n / {_COLUMNS})')} AS c{i}"
                        for i in range(_COLUMNS))
        count = "(SELECT n / 10 FROM bulk WHERE shape = 'rows')"
        self.statements = {
            "good": "SELECT 5 AS v, 'x' AS label",
            "cell": f"SELECT 1 AS v, {repeated.format(n='n')} AS label FROM bulk"
                    " WHERE shape = 'cell'",
            "row": f"SELECT 1 AS v, 'x' AS label, {row} FROM bulk WHERE shape = 'row'",
            "rows": series.format(n=count),
        }

    def queries(self):
        """The key `queries` of a collector `sql`: each shape, and one that is always good."""
        return "    queries:\n" + "".join(
            f"      - name: {name}\n        max_rows: 1000000\n        sql: \"{statement}\"\n"
            f"        metrics: [{{name: {name}_value, value: v, labels: [label]}}]\n"
            for name, statement in self.statements.items())

    @staticmethod
    def sizes(**of_shape):
        """The statements that make these shapes so large, in bytes, and the others small."""
        small = {"cell": 10, "row": 1000, "rows": 100}
        return "".join(f"UPDATE bulk SET n = {n} WHERE shape = '{shape}';"
                       for shape, n in {**small, **of_shape}.items())


POSTGRES = Bulk("repeat('x', {n}::int)", "SELECT i AS v, i AS label"
                " FROM generate_series(1, {n}) AS i")
MYSQL = Bulk("repeat('x', {n})", "SELECT seq AS v, seq AS label FROM seq_1_to_1000000000"
             " WHERE seq <= {n}")
SQLITE = Bulk("replace(hex(zeroblob({n} / 2)), '0', 'x')",
              "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {n})"
              " SELECT i AS v, i AS label FROM s")


class SqliteFile:
    """A database file with the table `bulk`."""

    def __init__(self, path):
        self.path = path
        self.sql(Bulk.FILL)

    def sql(self, text):
        connection = sqlite3.connect(self.path)
        with connection:
            connection.executescript(text)
        connection.close()

    def url(self):
        return f"sqlite://{self.path}"


class ScriptedServer:
    """A server on loopback: it may greet; answer(connection, bytes) gets whatever came."""

    def __init__(self, answer, greeting=b""):
        self._answer = answer
        self._greeting = greeting
        self._listener = socket.create_server(("127.0.0.1", free_port()))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # close() was called
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                connection.sendall(self._greeting)
                while said := connection.recv(65536):
                    self._answer(connection, said)
            except OSError:
                pass  # the exporter has gone

    def close(self):
        self._listener.close()


def send_bulk(connection, piece, size):
    """Sends `piece` again and again, until it is `size` bytes."""
    block = piece * max(1, (1 << 20) // len(piece))
    for _ in range(0, size, len(block)):
        connection.sendall(block)
