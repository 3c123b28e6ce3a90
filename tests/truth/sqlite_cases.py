"""Random tables of an SQLite file, asked by Python's own module."""

import sqlite3

from truth import sql_cases, sql_oracle
from truth.lot import Lot
from truth.sql_kinds import SQLITE

TABLES = 12
ID = next(kind for kind in SQLITE if kind.type == "INTEGER")
WRITER = sql_cases.Writer('"')
# SQLite takes "name" for a text if there is no such column, and `name` never.
STRICT = sql_cases.Writer("`")
SHAPES = ("table", "table", "view", "keyed")


def draw_cases(dice):
    tables = [sql_cases.draw_plain_table(dice, WRITER, number, SQLITE, ID, SHAPES)
              for number in range(TABLES)]
    return sql_cases.draw_cases(dice, tables, lambda table, name: sql_cases.draw_case(
        dice, WRITER, table, name, "lite", sql_cases.written(dice, table.name)))


class SqliteLot(Lot):
    def __init__(self, number, folder):
        super().__init__("sqlite", number, folder)
        self.path = folder / "truth.db"

    def fill(self, cases):
        self.path.unlink(missing_ok=True)
        database = sqlite3.connect(self.path)
        for statement in dict.fromkeys(line for case in cases for line in case.data):
            database.execute(statement)
        database.commit()
        database.close()

    def collectors(self):
        return {"lite": {"type": "sql", "dsn": f"sqlite://{self.path}", "max_db_time": "100%"}}

    def truths(self, cases):
        database = sqlite3.connect(self.path)
        database.text_factory = lambda raw: raw.decode(errors="replace")
        truths = {}
        for case in cases:
            try:
                rows = database.execute(sql_oracle.statement(STRICT, case.question)).fetchall()
            except (sqlite3.OperationalError, sqlite3.Warning):
                rows = None
            truths[case.name] = sql_oracle.truth(case.question, rows)
        database.close()
        return truths
