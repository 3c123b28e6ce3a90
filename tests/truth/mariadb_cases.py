"""Random tables of a MariaDB, asked by its own client."""

from truth import sql_cases, sql_oracle
from truth.lot import Lot
from truth.sql_kinds import MARIADB

TABLES = 12
ID = next(kind for kind in MARIADB if kind.type == "int")
# Its client stops at the first error, so that none of the questions may be one.
WRITER = sql_cases.Writer("`", can_fail=False)


def draw_table(dice, number):
    table = sql_cases.draw_table(dice, number, MARIADB, ID)
    name, base = WRITER.table(table), WRITER.name(f"of {table.name[:50]}")
    if dice.random() < 0.3:
        table.data = (WRITER.create(table, base), *WRITER.insert(table, base, table.rows),
                      f"CREATE VIEW {name} AS SELECT * FROM {base}"
                      + dice.choice(("", " WHERE id % 2 = 0")))
    else:
        table.data = (WRITER.create(table, name), *WRITER.insert(table, name, table.rows))
    return table


def draw_cases(dice):
    cases = []
    for number in range(TABLES):
        table = draw_table(dice, number)
        for _ in range(dice.randint(2, 5)):
            name = f"m{len(cases)}"
            if dice.random() < 0.3:
                cases.append(sql_cases.draw_query(dice, WRITER, table, name, "maria"))
                cases[-1].refusals = _refusals(cases[-1])
            else:
                cases.append(sql_cases.draw_count(dice, WRITER, table, name, "maria",
                                                  sql_cases.written(dice, table.name),
                                                  ("exact", "auto")))
                cases[-1].entry["by"] = [by for by in cases[-1].question.by if by != "Missing"]
                cases[-1].question.by = tuple(cases[-1].entry["by"])
    return cases


def _refusals(case):
    """A time of a zone that may have summer times is refused, with the function to ask for."""
    kind = dict(case.question.table.columns)[case.question.value]
    is_time = kind.number and kind.number.startswith("UNIX_TIMESTAMP")
    return frozenset({"query"}) if is_time else frozenset()


class MariadbLot(Lot):
    def __init__(self, number, folder, server):
        super().__init__("mariadb", number, folder)
        self.server = server
        self.database = f"truth_{number}"

    def fill(self, cases):
        self.server.sql(f"CREATE DATABASE {self.database};"
                        f"GRANT SELECT ON {self.database}.* TO exporter@'127.0.0.1'",
                        database="mysql")
        self.server.sql(";\n".join(dict.fromkeys(line for case in cases for line in case.data)),
                        database=self.database)

    def close(self):
        self.server.sql(f"DROP DATABASE IF EXISTS {self.database}", database="mysql")

    def collectors(self):
        return {"maria": {"type": "sql", "dsn": self.server.url(database=self.database),
                          "max_db_time": "100%"}}

    def truths(self, cases):
        text = ""
        for case in cases:
            plain = sql_oracle.statement(WRITER, case.question)
            width = sql_oracle.width(case.question)
            names = ", ".join(f"c{i}" for i in range(width))
            cells = ", ".join(f"coalesce(hex(cast(c{i} AS char)), 'NULL')" for i in range(width))
            text += (f"WITH q ({names}) AS (\n{plain}\n) SELECT '{case.name}', {cells} FROM q;\n")
        rows = {case.name: [] for case in cases}
        for name, *cells in self.server.sql(text, database=self.database):
            rows[name].append([None if cell == "NULL" else bytes.fromhex(cell).decode()
                               for cell in cells])
        return {case.name: sql_oracle.truth(case.question, rows[case.name]) for case in cases}
