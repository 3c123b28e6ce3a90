"""Random schemas of a PostgreSQL: shapes of tables, policies, rights and search paths."""

import json
import urllib.parse

from truth import spread_cases, sql_cases, sql_oracle
from truth.comparison import Truth
from truth.lot import Lot
from truth.sql_kinds import POSTGRES, POSTGRES_TYPES

TABLES = 10
ODD_SCHEMA = 'Odd "S\\'
SCHEMAS = ("public", ODD_SCHEMA)
SHAPES = ("table", "table", "table", "partitioned", "parent", "view", "invoker", "matview")
POLICIES = ("", "", "", "id % 2 = 0", "true")
ID = next(kind for kind in POSTGRES if kind.type == "int")
WRITER = sql_cases.Writer('"', text="({})::text")


def _shaped(dice, table):
    """The statements that make the table as it is shaped; its rows are spread over it."""
    name = WRITER.table(table)
    base, *parts = (WRITER.name(f"{word} {table.name[:40]}") for word in ("of", "first", "rest"))
    half = len(table.rows) // 2
    first, second = table.rows[:half], table.rows[half:]
    if table.shape == "partitioned":
        bounds = f"FOR VALUES FROM (0) TO ({half + 1})", "DEFAULT"
        return [WRITER.create(table, name, " PARTITION BY RANGE (id)"),
                *(f"CREATE TABLE {part} PARTITION OF {name} {of}"
                  for part, of in zip(parts, bounds)),
                *WRITER.insert(table, name, table.rows)]
    if table.shape == "parent":
        return [WRITER.create(table, name), f"CREATE TABLE {base} () INHERITS ({name})",
                *WRITER.insert(table, name, first), *WRITER.insert(table, base, second)]
    if table.shape == "table":
        return [WRITER.create(table, name), *WRITER.insert(table, name, table.rows)]
    made = [WRITER.create(table, base), *WRITER.insert(table, base, table.rows)]
    kind = {"view": "VIEW {}", "invoker": "VIEW {} WITH (security_invoker)",
            "matview": "MATERIALIZED VIEW {}"}[table.shape].format(name)
    made.append(f"CREATE {kind} AS SELECT * FROM {base}"
                + dice.choice(("", " WHERE id % 2 = 0", " ORDER BY id LIMIT 9")))
    if table.shape == "invoker" and dice.random() < 0.7:
        made.append(f"GRANT SELECT ON {base} TO exporter")
    return made


def _rights(table):
    name = WRITER.table(table)
    if table.grant == "all":
        yield f"GRANT SELECT ON {name} TO exporter"
    elif table.grant == "columns":
        columns = ", ".join(WRITER.name(column) for column, _ in table.columns[:2])
        yield f"GRANT SELECT ({columns}) ON {name} TO exporter"
    if table.policy:
        yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
        yield f"CREATE POLICY of_rows ON {name} USING ({table.policy})"
    if table.policy and table.owned:
        yield f"ALTER TABLE {name} OWNER TO exporter"
    if table.policy and table.grant == "columns":
        yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"


def draw_table(dice, number):
    table = sql_cases.draw_table(dice, number, POSTGRES, ID)
    table.schema = dice.choice(SCHEMAS)
    table.shape = dice.choice(SHAPES)
    table.grant = dice.choice(("all", "all", "all", "columns", "none"))
    if table.shape in ("table", "partitioned"):
        table.policy, table.owned = dice.choice(POLICIES), dice.random() < 0.3
    table.data = (*_shaped(dice, table), *_rights(table))
    if dice.random() < 0.3:
        other = [schema for schema in SCHEMAS if schema != table.schema][0]
        twin = f"{WRITER.name(other)}.{WRITER.name(table.name)}"
        table.data += (f"CREATE TABLE {twin} AS SELECT * FROM generate_series(1, 99) AS id",
                       f"GRANT SELECT ON {twin} TO exporter")
    if dice.random() < 0.5 and table.shape in ("table", "partitioned", "parent"):
        table.analyzed = True
        table.data += (f"ANALYZE {WRITER.table(table)}",)
    return table


def draw_cases(dice):
    tables = [draw_table(dice, number) for number in range(TABLES)]
    tables += [spread_cases.draw_table(dice, WRITER, number, POSTGRES, ID,
                                       "GRANT SELECT ON {} TO exporter")
               for number in range(TABLES, TABLES + spread_cases.TABLES)]
    return sql_cases.draw_cases(dice, tables, lambda table, name: _draw_case(dice, table, name))


def _draw_case(dice, table, name):
    if table.shape == "spread":
        return spread_cases.draw_case(dice, WRITER, table, name)
    collector = "accepting" if table.policy and dice.random() < 0.5 else (
        "in_schema" if table.schema == ODD_SCHEMA and dice.random() < 0.5 else "plain")
    # An estimate is exact if it is of a whole table.
    is_whole = table.shape == "table" and collector != "accepting"
    modes = ("exact", "auto", *["estimate"] * is_whole)
    case = sql_cases.draw_case(dice, WRITER, table, name, collector,
                               _written(dice, table, collector), modes)
    case.refusals = _refusals(table, case)
    return case


def _written(dice, table, collector):
    ref = sql_cases.written(dice, table.name)
    is_found = table.schema == ("public" if collector != "in_schema" else ODD_SCHEMA)
    if is_found and dice.random() < 0.7:
        return ref
    return sql_cases.written(dice, table.schema) + "." + ref


def _refusals(table, case):
    found = set()
    if table.policy and case.collector != "accepting":
        found.add("permission")
    if _is_estimate(case):
        # The size of an empty table is told to anybody, and so is then the number of its rows.
        found |= {"permission"} if table.grant == "none" else set()
        found |= set() if table.analyzed else {"missing"}
    return frozenset(found)


def _is_estimate(case):
    return case.entry.get("mode") == "estimate"


def make_databases(server):
    """Those of spread_cases, which all lots fill anew."""
    for name in (*spread_cases.DATABASES, spread_cases.SHUT):
        server.sql(f"CREATE DATABASE {WRITER.name(name)}", database="postgres")
    server.sql(f"REVOKE CONNECT ON DATABASE {WRITER.name(spread_cases.SHUT)} FROM PUBLIC",
               database="postgres")


class PostgresLot(Lot):
    EMPTIED = ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public",
               "GRANT USAGE ON SCHEMA public TO PUBLIC", POSTGRES_TYPES)

    def __init__(self, number, folder, server):
        super().__init__("postgres", number, folder)
        self.server = server
        self.database = f"truth_{number}"

    def fill(self, cases):
        self.server.sql(f"CREATE DATABASE {self.database}", database="postgres")
        odd = WRITER.name(ODD_SCHEMA)
        statements = [POSTGRES_TYPES, f"CREATE SCHEMA {odd}",
                      f"GRANT USAGE ON SCHEMA {odd} TO exporter",
                      *dict.fromkeys(line for case in cases for line in case.data
                                     if isinstance(line, str))]
        self.server.sql(";\n".join(statements), database=self.database)
        for database, lines in spread_cases.data_of(cases).items():
            self.server.sql(";\n".join([*self.EMPTIED, *lines]), database=database)

    def close(self):
        self.server.sql(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)",
                        database="postgres")

    def collectors(self):
        dsn = self.server.url(database=self.database)
        common = {"type": "sql", "dsn": dsn, "max_db_time": "100%"}
        return {
            "plain": common,
            "in_schema": {**common, "dsn": f"{dsn}?schema={urllib.parse.quote(ODD_SCHEMA)}"},
            "accepting": {**common, "row_security": "accept"},
            **{name: {**common, **keys} for name, keys in spread_cases.COLLECTORS.items()},
        }

    def truths(self, cases):
        spread = spread_cases.are_spread(cases)
        here = [case for case in cases if case not in spread]
        by_owner = self._asked(here, self.database)
        by_role = self._asked(here, self.database, "SET ROLE exporter;")
        truths = {}
        for case in here:
            mine = by_role.get(case.name)
            rows = mine if case.collector == "accepting" else by_owner.get(case.name)
            may_ask = mine is not None or _is_estimate(case)
            truths[case.name] = (sql_oracle.truth(case.question, rows) if may_ask
                                 else Truth({}, "the role may not ask, or the server refuses"))
        answers = {name: self._asked(spread, name) for name in spread_cases.DATABASES}
        for case in spread:
            mine = {name: rows.get(case.name) for name, rows in answers.items()}
            truths[case.name] = spread_cases.truth(case, mine)
        return truths

    def _asked(self, cases, database, before=""):
        """The rows of each question that the server answers."""
        text = f"\\set ON_ERROR_STOP 0\n{before}\n"
        for case in cases:
            plain = sql_oracle.statement(WRITER, case.question)
            width = sql_oracle.width(case.question)
            texts = ", ".join(f"c{i}::text" for i in range(width))
            names = ", ".join(f"c{i}" for i in range(width))
            text += (f"SELECT jsonb_build_array('{case.name}', (SELECT jsonb_agg(jsonb_build_array("
                     f"{texts})) FROM (\n{plain}\n) AS q ({names})));\n")
        rows = {}
        for row in self.server.sql(text, database=database):
            name, answer = json.loads("|".join(row))
            rows[name] = answer or []
        return rows

