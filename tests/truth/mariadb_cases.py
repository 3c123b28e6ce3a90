"""Random tables of a MariaDB, asked by its own client."""

from truth import spread_cases, sql_cases, sql_oracle
from truth.lot import Lot
from truth.sql_kinds import MARIADB

TABLES = 10
SHAPES = ("table", "table", "view")
ID = next(kind for kind in MARIADB if kind.type == "int")
# Its client stops at the first error, so that none of the questions may be one.
WRITER = sql_cases.Writer("`", can_fail=False, text="CAST({} AS char)")


def draw_cases(dice):
    tables = [sql_cases.draw_plain_table(dice, WRITER, number, MARIADB, ID, SHAPES)
              for number in range(TABLES)]
    tables += [spread_cases.draw_table(dice, WRITER, number, MARIADB, ID)
               for number in range(TABLES, TABLES + spread_cases.TABLES)]
    return sql_cases.draw_cases(dice, tables, lambda table, name: _draw_case(dice, table, name))


def _draw_case(dice, table, name):
    if table.shape == "spread":
        case = spread_cases.draw_case(dice, WRITER, table, name)
    else:
        case = sql_cases.draw_case(dice, WRITER, table, name, "maria",
                                   sql_cases.written(dice, table.name))
    case.refusals = _refusals(case)
    return case


def _refusals(case):
    """A time of a zone that may have summer times is refused, with the function to ask for."""
    kinds = dict(case.question.table.columns)
    numbers = [kinds[column].number or "" for column in getattr(case.question, "numbers", ())]
    is_time = any(number.startswith("UNIX_TIMESTAMP") for number in numbers)
    return frozenset({"query"}) if is_time else frozenset()


def make_databases(server):
    """Those of spread_cases, which all lots fill anew."""
    for name in (*spread_cases.DATABASES, spread_cases.SHUT):
        server.sql(f"CREATE DATABASE {WRITER.name(name)}", database="mysql")
    for name in spread_cases.DATABASES:
        server.sql(f"GRANT SELECT ON {WRITER.name(name)}.* TO exporter@'127.0.0.1'",
                   database="mysql")


class MariadbLot(Lot):
    def __init__(self, number, folder, server):
        super().__init__("mariadb", number, folder)
        self.server = server
        self.database = f"truth_{number}"

    def fill(self, cases):
        self.server.sql(f"CREATE DATABASE {self.database};"
                        f"GRANT SELECT ON {self.database}.* TO exporter@'127.0.0.1'",
                        database="mysql")
        here = dict.fromkeys(line for case in cases for line in case.data if isinstance(line, str))
        self.server.sql(";\n".join(here), database=self.database)
        for database, lines in spread_cases.data_of(cases).items():
            name = WRITER.name(database)
            self.server.sql(f"DROP DATABASE {name}; CREATE DATABASE {name}", database="mysql")
            self.server.sql(";\n".join(lines), database=database)

    def close(self):
        self.server.sql(f"DROP DATABASE IF EXISTS {self.database}", database="mysql")

    def collectors(self):
        common = {"type": "sql", "dsn": self.server.url(database=self.database),
                  "max_db_time": "100%"}
        return {"maria": common,
                **{name: {**common, **keys} for name, keys in spread_cases.COLLECTORS.items()}}

    def truths(self, cases):
        spread = spread_cases.are_spread(cases)
        here = [case for case in cases if case not in spread]
        rows = self._asked(here, self.database)
        truths = {case.name: sql_oracle.truth(case.question, rows[case.name]) for case in here}
        answers = {name: self._asked([case for case in spread
                                      if name not in case.question.table.lacking], name)
                   for name in spread_cases.DATABASES}
        for case in spread:
            mine = {name: rows.get(case.name) for name, rows in answers.items()}
            truths[case.name] = spread_cases.truth(case, mine)
        return truths

    def _asked(self, cases, database):
        """The rows of each question, none of which may fail."""
        text = ""
        for case in cases:
            plain = sql_oracle.statement(WRITER, case.question)
            width = sql_oracle.width(case.question)
            names = ", ".join(f"c{i}" for i in range(width))
            cells = ", ".join(f"coalesce(hex(cast(c{i} AS char)), 'NULL')" for i in range(width))
            text += (f"WITH q ({names}) AS (\n{plain}\n) SELECT '{case.name}', {cells} FROM q;\n")
        rows = {case.name: [] for case in cases}
        for name, *cells in self.server.sql(text, database=database):
            rows[name].append([None if cell == "NULL" else bytes.fromhex(cell).decode()
                               for cell in cells])
        return rows
