"""Random tables, and counts and queries of them, for any of the three kinds of databases."""

import dataclasses

from truth.lot import Case
from truth.sql_kinds import as_it_is

ODD_NAMES = ("plain", "Upper", "sp ace", 'quo"te', "apo'strophe", "dot.ted", "ünï∂", "select", "$1",
             "%s", "semi;colon", "back\\slash", "日本語", "{brace}", "-- no comment", "/* neither",
             "x" * 58)
COLUMNS = ("status", "Upper", "order", "user", "select", "_c1", "C_2", "le_", "l" * 63, "count",
           "exporter_", "metric")


@dataclasses.dataclass
class Table:
    name: str
    columns: list        # (name, Kind); the first is `id`, which is unique.
    rows: list           # Of literals.
    schema: str = ""
    shape: str = "table"
    grant: str = "all"
    policy: str = ""
    owned: bool = False
    analyzed: bool = False
    data: tuple = ()

    def canon(self, label, text):
        """One text for texts of a column that GROUP BY takes for equal."""
        return dict(self.columns)[label].canon(text)


@dataclasses.dataclass
class Count:
    """A question: the rows of each group, as on_missing wants them."""

    table: Table
    where: str = ""
    by: tuple = ()
    with_zeros: bool = False
    up_to: int = 0


@dataclasses.dataclass
class Values:
    """A question: a column's number in each row, labelled by `id` and another column."""

    table: Table
    label: str
    value: str
    factor: float = 1


@dataclasses.dataclass
class Buckets:
    """A question: how many numbers of a column are in each bucket of a histogram."""

    table: Table
    value: str


# Of kinds whose sums are exact in every order.
SUMMED = ("int", "smallint", "numeric(12,2)", "bool", "interval", "time", "BOOLEAN", "float",
          "tinyint(1)")
BOUNDS = (-1, 0, 0.25, 1, 1000, 5000)


class Writer:
    """How a dialect writes names and conditions."""

    def __init__(self, quote, can_fail=True):
        self.quote = quote
        self.can_fail = can_fail

    def name(self, name):
        return self.quote + name.replace(self.quote, 2 * self.quote) + self.quote

    def table(self, table):
        return (self.name(table.schema) + "." if table.schema else "") + self.name(table.name)

    def create(self, table, name, tail=""):
        columns = ", ".join(f"{self.name(column)} {kind.type}" for column, kind in table.columns)
        return f"CREATE TABLE {name} ({columns}){tail}"

    def insert(self, table, name, rows):
        values = ", ".join("(" + ", ".join(row) + ")" for row in rows)
        return [f"INSERT INTO {name} VALUES {values}"] if rows else []

    def condition(self, dice, table):
        column = self.name(dice.choice(table.columns)[0])
        some = ["id % 3 = 1", f"{column} IS NULL", f"{column} IS NOT NULL", "id > 5 OR id IS NULL",
                "id < 10 -- the first", "id < 0", "NULL", "(id = 1) OR /* ) */ id = 2",
                f"{column} = {column}", f"id IN (SELECT max(id) FROM {self.table(table)})"]
        if self.can_fail:
            some += ["10 / (id - 3) > 1", "no_such_column = 1", "id = 1)"]
        return dice.choice(some)


def has_equal_texts(columns):
    """Whether GROUP BY takes different texts of a column for equal."""
    return any(kind.canon is not as_it_is for _, kind in columns)


def draw_table(dice, number, kinds, id_kind):
    names = dice.sample(COLUMNS, dice.randint(1, 4))
    columns = [("id", id_kind), *((name, dice.choice(kinds)) for name in names)]
    # Few values, so that there are groups.
    pools = [dice.sample(kind.values, min(len(kind.values), dice.randint(1, 4)))
             for _, kind in columns[1:]]
    for pool in pools:
        # NULL and '' are one group. Then a group of several texts may have two.
        if dice.random() < 0.5 and not ({"''", "x''"} & {*pool} and has_equal_texts(columns)):
            pool.append("NULL")
    rows = [[str(i), *map(dice.choice, pools)] for i in range(dice.choice((0, 1, 7, 20, 60)))]
    name = f"t{number} {dice.choice(ODD_NAMES)}" if dice.random() < 0.7 else f"t{number}"
    return Table(name, columns, rows)


def written(dice, name):
    """A table's name as the configuration may have it."""
    if any(c in name for c in '."') or dice.random() < 0.2:
        return '"' + name.replace('"', '""') + '"'
    return name


def draw_count(dice, writer, table, name, collector, ref, modes):
    columns = [column for column, _ in table.columns]
    by = tuple(dice.sample(columns, min(len(columns), dice.choice((0, 0, 1, 1, 2, 3)))))
    if dice.random() < 0.03:
        by += ("Missing",)
    where = writer.condition(dice, table) if dice.random() < 0.5 else ""
    on_missing = dice.choice(("drop", "drop", "zero", "keep"))
    question = Count(table, where, by, on_missing == "zero")
    entry = {"metric": name, "table": ref, "by": list(by), "where": where,
             "on_missing": on_missing}
    mode = dice.choice(modes)
    if not by and dice.random() < 0.3:
        question.up_to = entry["count_up_to"] = dice.choice((1, 5, 1000))
    elif mode != "estimate" or not (by or where):
        entry["mode"] = mode
    return Case(name, collector, "counts", entry, table.data, question, canon=table.canon)


def draw_query(dice, writer, table, name, collector):
    summed = [column for column, kind in table.columns if kind.type in SUMMED]
    if summed and dice.random() < 0.3:
        return _draw_buckets(writer, table, name, collector, dice.choice(summed))
    label, value = dice.choice(table.columns[1:])[0], dice.choice(table.columns)[0]
    question = Values(table, label, value, dice.choice((1, 1, 1, 0.001, 1000, -1)))
    columns = ", ".join(map(writer.name, dict.fromkeys(("id", label, value))))
    metric = {"name": name, "value": value, "labels": ["id", label], "factor": question.factor}
    entry = {"name": name, "sql": f"SELECT {columns} FROM {writer.table(table)}",
             "metrics": [metric]}
    return Case(name, collector, "queries", entry, table.data, question, canon=table.canon)


def _draw_buckets(writer, table, name, collector, value):
    metric = {"name": name, "type": "histogram", "value": value, "buckets": list(BOUNDS)}
    entry = {"name": name, "sql": f"SELECT {writer.name(value)} FROM {writer.table(table)}",
             "metrics": [metric]}
    return Case(name, collector, "queries", entry, table.data, Buckets(table, value),
                endings=("_bucket", "_count", "_sum"))
