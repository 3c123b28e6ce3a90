"""Random tables that several databases have, each with rows of its own, or have not."""

import collections

from truth import sql_cases, sql_oracle
from truth.comparison import Truth

TABLES = 2
DATABASES = ("each", "each two", "each 'x\"y`")
SHUT = "shut"   # The user may not enter it.
COLLECTORS = {
    "each": {"databases": {"include": ["each.*"]}},
    "skipping": {"databases": {"include": ["each.*"], "skip_missing": True}},
    "shut": {"databases": {"include": [SHUT]}},
}

Elsewhere = collections.namedtuple("Elsewhere", "database statement")


def draw_table(dice, writer, number, kinds, id_kind, grant=""):
    """`grant` is the statement that lets the exporter read a table {}."""
    table = sql_cases.draw_table(dice, number, kinds, id_kind)
    name = writer.table(table)
    lacking = {database for database in DATABASES if dice.random() < 0.2}
    table.lacking, table.shape = frozenset(lacking), "spread"
    for database in DATABASES:
        rows = dice.sample(table.rows, dice.randint(0, len(table.rows)))
        made = [writer.create(table, name), *writer.insert(table, name, rows)]
        made += [grant.format(name)] if grant else []
        if database not in lacking:
            table.data += tuple(Elsewhere(database, line) for line in made)
    return table


def draw_case(dice, writer, table, name):
    collector = dice.choice(("each", "each", "each", "skipping", "skipping", "shut"))
    case = sql_cases.draw_case(dice, writer, table, name, collector,
                               sql_cases.written(dice, table.name))
    parts = case.parts or (name,)
    # On MariaDB the user does not even see that it is there: no database matches.
    case.parts = (SHUT, "databases") if collector == "shut" else (
        *parts, *(f"{part} of {database}" for part in parts for database in DATABASES))
    return case


def data_of(cases):
    """The statements of each database."""
    data = {database: [] for database in DATABASES}
    for database, statement in dict.fromkeys(line for case in cases for line in case.data
                                             if isinstance(line, Elsewhere)):
        data[database].append(statement)
    return data


def are_spread(cases):
    return [case for case in cases if case.collector in COLLECTORS]


def truth(case, answers):
    """Of all databases; `answers` are the rows of each, None of one that refuses."""
    if case.collector == "shut":
        return Truth({}, "the user may not enter it")
    lacking = case.question.table.lacking
    # What one lacks may be on purpose, what all lack is a mistake.
    may_lack = case.collector == "skipping" and len(lacking) < len(DATABASES)
    values, unknown = {}, []
    for database, rows in answers.items():
        if database in lacking and may_lack:
            continue
        found = sql_oracle.truth(case.question, rows)
        unknown += [f"{database}: {found.unknown}"] * bool(found.unknown)
        values |= {labels | {("datname", database)}: number
                   for labels, number in found.values.items()}
    return Truth(values, "; ".join(unknown))
