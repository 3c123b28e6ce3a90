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


def draw_table(dice, number):
    table = sql_cases.draw_table(dice, number, SQLITE, ID)
    table.shape = dice.choice(SHAPES)
    name, base = WRITER.table(table), WRITER.name("of " + table.name)
    if table.shape == "view":
        table.data = (WRITER.create(table, base), *WRITER.insert(table, base, table.rows),
                      f"CREATE VIEW {name} AS SELECT * FROM {base}"
                      + dice.choice(("", " WHERE id % 2 = 0")))
    else:
        table.data = (WRITER.create(table, name), *WRITER.insert(table, name, table.rows))
    if table.shape == "keyed":
        column = WRITER.name(dice.choice(table.columns)[0])
        table.data += (f"CREATE INDEX {WRITER.name('by ' + table.name)} ON {name} ({column})",)
    return table


def draw_cases(dice):
    cases = []
    for number in range(TABLES):
        table = draw_table(dice, number)
        for _ in range(dice.randint(2, 5)):
            name = f"m{len(cases)}"
            if dice.random() < 0.3:
                cases.append(sql_cases.draw_query(dice, WRITER, table, name, "lite"))
            else:
                cases.append(sql_cases.draw_count(dice, WRITER, table, name, "lite",
                                                  sql_cases.written(dice, table.name),
                                                  ("exact", "auto")))
    return cases


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
