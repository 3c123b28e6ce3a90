"""The plain statement of each question, as a person would write it."""

import re

from truth.comparison import Truth
from truth.sql_cases import BOUNDS, Buckets, Columns, Count, Named

METRIC_NAME = re.compile(r"[a-zA-Z0-9_:]{0,150}")   # What may be behind a prefix.


def statement(writer, question):
    """A SELECT of texts: the labels of a sample, then its number."""
    table = writer.table(question.table)
    kinds = dict(question.table.columns)

    def shown(column):
        kind = kinds.get(column)
        return kind.label.format(writer.name(column)) if kind else writer.name(column)

    def number(column):
        return (kinds[column].number or "{}").format(writer.name(column))

    if isinstance(question, Columns):
        return " UNION ALL ".join(
            f"SELECT '{column}', {shown('id')}, {writer.text.format(number(column))} FROM {table}"
            for column in question.numbers)
    if isinstance(question, Buckets):
        asked = number(question.value)
        return " UNION ALL ".join(
            [f"SELECT '_bucket', '{bound:g}', count(*) FROM {table} WHERE {asked} <= {bound}"
             for bound in BOUNDS]
            + [f"SELECT '_bucket', '+Inf', count({asked}) FROM {table}",
               f"SELECT '_count', '', count({asked}) FROM {table}",
               f"SELECT '_sum', '', sum({asked}) FROM {table}"])
    if not isinstance(question, Count):
        label = shown(question.label)
        if isinstance(question, Named):   # An empty text is a name, and NULL is none.
            label = f"CASE WHEN {writer.name(question.label)} IS NOT NULL THEN {label} END"
        return f"SELECT {shown('id')}, {label}, {number(question.value)} FROM {table}"
    condition = f" WHERE (\n{question.where}\n)" if question.where else ""
    if not question.by:
        return f"SELECT count(*) FROM {table}{condition}"
    columns = ", ".join(map(writer.name, question.by))
    texts = ", ".join(map(shown, question.by))
    if question.with_zeros and question.where:
        return (f"SELECT {texts}, sum(CASE WHEN (\n{question.where}\n) THEN 1 ELSE 0 END)"
                f" FROM {table} GROUP BY {columns}")
    return f"SELECT {texts}, count(*) FROM {table}{condition} GROUP BY {columns}"


def width(question):
    """How many columns the statement has."""
    return len(question.by) + 1 if isinstance(question, Count) else 3


def truth(question, rows):
    """What the rows of the statement say; None for those of one that the server refused."""
    if rows is None:
        return Truth({}, "the server refuses")
    if isinstance(question, Count):
        return Truth(_counts(question, rows))
    if isinstance(question, Buckets):
        return Truth(_buckets(rows))
    kinds = dict(question.table.columns)
    if any(kinds[column].number is None for column in question.numbers):
        has_any = any(row[-1] is not None for row in rows)
        return Truth({}, "it is no number" if has_any else "")
    is_named = isinstance(question, Named)
    names = ("column", "id") if isinstance(question, Columns) else (
        ("id", "rest") if is_named else dict.fromkeys(("id", question.label)))
    factor = getattr(question, "factor", 1)
    values, unknown = {}, ""
    for *labels, value in rows:
        if is_named and (labels[1] is None or not METRIC_NAME.fullmatch(labels[1])):
            unknown = "a row gives no name"
        elif value == "text":
            unknown = "a row holds a text"
        elif value is not None:
            values[_labels(question, names, labels)] = float(value) * factor
    return Truth(values, unknown)


def _counts(question, rows):
    counts = {}
    for row in rows:
        labels = _labels(question, question.by, row)
        counts[labels] = counts.get(labels, 0) + float(row[-1])   # NULL and '' are one group.
    if question.up_to:
        counts = {labels: min(count, question.up_to) for labels, count in counts.items()}
    return counts


def _buckets(rows):
    found = {frozenset({("ending", ending)} | ({("le", bound)} if bound else set())):
             float(number or 0) for ending, bound, number in rows}
    # Of no number there is no histogram.
    return found if found[frozenset({("ending", "_count")})] else {}


def _labels(question, names, row):
    kinds = dict(question.table.columns)
    return frozenset((name, kinds[name].canon(text) if name in kinds else text) for name, text in
                     ((name, "" if text is None else str(text)) for name, text in zip(names, row)))
