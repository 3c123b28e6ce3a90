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
    lacking: frozenset = frozenset()   # The databases of several that have it not.

    def canon(self, label, text):
        """One text for texts of a column that GROUP BY takes for equal."""
        kinds = dict(self.columns)
        return kinds[label].canon(text) if label in kinds else text


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


    @property
    def numbers(self):
        """The columns that are asked for numbers."""
        return (self.value,)


@dataclasses.dataclass
class Columns:
    """A question: the numbers of several columns in each row, labelled by `id` and the column."""

    table: Table
    numbers: tuple


@dataclasses.dataclass
class Named(Values):
    """A question: a column's number in each row, of a metric that another column names."""


@dataclasses.dataclass
class Buckets:
    """A question: how many numbers of a column are in each bucket of a histogram."""

    table: Table
    value: str

    @property
    def numbers(self):
        return (self.value,)


# Of kinds whose sums are exact in every order.
SUMMED = ("int", "smallint", "numeric(12,2)", "bool", "interval", "time", "BOOLEAN", "float",
          "tinyint(1)")
BOUNDS = (-1, 0, 0.25, 1, 1000, 5000)


class Writer:
    """How a dialect writes names and conditions; `text` makes a text of a number."""

    def __init__(self, quote, can_fail=True, text="{}"):
        self.quote = quote
        self.can_fail = can_fail
        self.text = text

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


def draw_plain_table(dice, writer, number, kinds, id_kind, shapes):
    """One that everybody may read: a table, one with an index, or a view."""
    table = draw_table(dice, number, kinds, id_kind)
    table.shape = dice.choice(shapes)
    name, base = writer.table(table), writer.name(f"of {table.name[:50]}")
    if table.shape == "view":
        table.data = (writer.create(table, base), *writer.insert(table, base, table.rows),
                      f"CREATE VIEW {name} AS SELECT * FROM {base}"
                      + dice.choice(("", " WHERE id % 2 = 0")))
        return table
    table.data = (writer.create(table, name), *writer.insert(table, name, table.rows))
    if table.shape == "keyed":
        column = writer.name(dice.choice(table.columns)[0])
        table.data += (f"CREATE INDEX {writer.name('by ' + table.name)} ON {name} ({column})",)
    return table


def written(dice, name):
    """A table's name as the configuration may have it."""
    if any(c in name for c in '."') or dice.random() < 0.2:
        return '"' + name.replace('"', '""') + '"'
    return name


def draw_count(dice, writer, table, name, collector, ref, modes):
    columns = [column for column, _ in table.columns]
    by = tuple(dice.sample(columns, min(len(columns), dice.choice((0, 0, 1, 1, 2, 3)))))
    if writer.can_fail and dice.random() < 0.03:
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
    style = dice.random()
    if summed and style < 0.25:
        return _draw_buckets(writer, table, name, collector, dice.choice(summed))
    if style < 0.4:
        return _draw_columns(dice, writer, table, name, collector)
    label, value = dice.choice(table.columns[1:])[0], dice.choice(table.columns)[0]
    if style < 0.55 and dict(table.columns)[label].canon is as_it_is:
        return _draw_named(writer, table, name, collector, (label, value))
    question = Values(table, label, value, dice.choice((1, 1, 1, 0.001, 1000, -1)))
    metric = {"name": name, "value": value, "labels": ["id", label], "factor": question.factor}
    return _query(writer, name, collector, ("id", label, value), metric, question,
                  canon=table.canon)


def _query(writer, name, collector, columns, metric, question, **more):
    selected = ", ".join(map(writer.name, dict.fromkeys(columns)))
    entry = {"name": name, "sql": f"SELECT {selected} FROM {writer.table(question.table)}",
             "metrics": [metric]}
    return Case(name, collector, "queries", entry, question.table.data, question, **more)


def _draw_buckets(writer, table, name, collector, value):
    metric = {"name": name, "type": "histogram", "value": value, "buckets": list(BOUNDS)}
    return _query(writer, name, collector, (value,), metric, Buckets(table, value),
                  endings=("_bucket", "_count", "_sum"))


def _draw_columns(dice, writer, table, name, collector):
    numbers = [column for column, kind in table.columns if kind.number]
    numbers = tuple(dice.sample(numbers, dice.randint(1, len(numbers))))
    metric = {"name": name, "values": list(numbers), "value_label": "column", "labels": ["id"]}
    return _query(writer, name, collector, ("id", *numbers), metric, Columns(table, numbers))


def _draw_named(writer, table, name, collector, columns):
    metric = {"name_from": columns[0], "prefix": name + "_", "value": columns[1], "labels": ["id"]}
    return _query(writer, name, collector, ("id", *columns), metric, Named(table, *columns),
                  parts=(name, f"{name}_*"), names_itself=True)


def draw_case(dice, writer, table, name, collector, ref, modes=("exact", "auto")):
    """A count or a query of a table, which the configuration calls `ref`."""
    if dice.random() < 0.28:
        return draw_query(dice, writer, table, name, collector)
    return draw_count(dice, writer, table, name, collector, ref, modes)


def draw_cases(dice, tables, draw):
    """Some of each table, by draw(table, name)."""
    cases = []
    for table in tables:
        for _ in range(dice.randint(2, 5)):
            cases.append(draw(table, f"m{len(cases)}"))
    return cases
