"""The plain statement of each question, as a person would write it."""

from truth.comparison import Truth
from truth.sql_cases import BOUNDS, Buckets, Count


def statement(writer, question):
    """A SELECT of texts: the labels of a sample, then its number."""
    table = writer.table(question.table)
    kinds = dict(question.table.columns)

    def shown(column):
        kind = kinds.get(column)
        return kind.label.format(writer.name(column)) if kind else writer.name(column)

    if isinstance(question, Buckets):
        number = kinds[question.value].number.format(writer.name(question.value))
        return " UNION ALL ".join(
            [f"SELECT '_bucket', '{bound:g}', count(*) FROM {table} WHERE {number} <= {bound}"
             for bound in BOUNDS]
            + [f"SELECT '_bucket', '+Inf', count({number}) FROM {table}",
               f"SELECT '_count', '', count({number}) FROM {table}",
               f"SELECT '_sum', '', sum({number}) FROM {table}"])
    if not isinstance(question, Count):
        number = kinds[question.value].number or "{}"
        return (f"SELECT {shown('id')}, {shown(question.label)},"
                f" {number.format(writer.name(question.value))} FROM {table}")
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
    kind = dict(question.table.columns)[question.value]
    if kind.number is None:
        has_any = any(row[-1] is not None for row in rows)
        return Truth({}, "it is no number" if has_any else "")
    names = dict.fromkeys(("id", question.label))
    values = {_labels(question, names, row): row[-1] for row in rows if row[-1] is not None}
    return Truth({labels: float(value) * question.factor for labels, value in values.items()
                  if value != "text"}, "text" in values.values() and "a row holds a text")


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
    return frozenset((name, question.table.canon(name, "" if text is None else str(text)))
                     for name, text in zip(names, row))
