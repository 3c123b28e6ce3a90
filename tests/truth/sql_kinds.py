"""Kinds of columns: what they may hold, and how each server itself writes and computes it."""

import collections
import decimal


def as_it_is(text):
    return text


def _number(text):
    """One text for equal numbers."""
    if text == "":
        return text
    number = decimal.Decimal(text.replace("Infinity", "inf"))
    return "0" if number == 0 else str(number.normalize())


def _double(text):
    """SQLite's own text has 15 digits, which makes one of two numbers."""
    return text if text == "" else repr(float(text))


def _folded(text):
    return text.rstrip(" ").lower()


# `values` are literals; `label` and `number` the server's own expressions of a column, `number`
# None if it holds no numbers; `canon` makes equal texts of values that GROUP BY takes for equal.
Kind = collections.namedtuple("Kind", "type values label number canon",
                              defaults=("{}::text", None, as_it_is))

EPOCH = "extract(epoch FROM {})"
TEXTS = ("'a'", "'A'", "''", "' a'", "'a '", "'ü∂😀'", "'quo\"te'", "'it''s'", "'back\\slash'",
         "'line' || chr(10) || 'two'", "'tab' || chr(9)", "'{}=,'", "repeat('w', 300)", "'NULL'",
         "chr(1)", "chr(8232)")

# json has no GROUP BY; the types at the end are no numbers to anybody.
POSTGRES = (
    Kind("text", TEXTS),
    Kind("text COLLATE \"C\"", TEXTS),
    Kind("varchar(40)", TEXTS[:8]),
    Kind("char(4)", ("'a'", "'ab'", "'abcd'", "''"), "format('%s', {})"),
    Kind("name", ("'n1'", "'N 2'")),
    Kind("int", ("0", "1", "-7", "2147483647"), number="{}"),
    Kind("smallint", ("0", "1", "-32768"), number="{}"),
    Kind("bigint", ("0", "9007199254740993", "-9223372036854775808"), number="{}"),
    Kind("numeric", ("0", "1.0", "1.00", "-0.1", "'NaN'", "'Infinity'", "1e-30", "1e40",
                     "123456789012345678901234567890.5"), number="{}", canon=_number),
    Kind("numeric(12,2)", ("0.10", "12.5", "-3"), number="{}"),
    Kind("float8", ("0", "'-0'", "0.1", "'NaN'", "'Infinity'", "'-Infinity'", "1e308", "5e-324",
                    "1e-7", "123456789.123456789"), number="{}", canon=_number),
    Kind("real", ("0.1", "16777217", "'NaN'", "1e-40"), number="{}"),
    Kind("bool", ("true", "false"), number="{}::int"),
    Kind("flag", ("true", "false"), number="{}::int"),
    Kind("positive", ("1", "2"), number="{}"),
    Kind("mood", ("'sad'", "'so so'", "'Happy'")),
    Kind("date", ("'2026-02-28'", "'1969-12-31'", "'0044-03-15 BC'", "'infinity'"),
         number=EPOCH),
    Kind("timestamp", ("'2026-11-30 12:00:00.25'", "'1900-01-01'", "'-infinity'"), number=EPOCH),
    Kind("timestamptz", ("'2026-07-30 12:00:00+02'", "'12026-01-01 00:00+00'", "'infinity'"),
         number=EPOCH),
    Kind("time", ("'00:00'", "'23:59:59.999999'", "'24:00'"), number=EPOCH),
    Kind("interval", ("'0'", "'1 day'", "'-1 year -2 days -00:00:01.5'", "'1 mon 04:05:06.7'",
                      "'-00:00:00.5'"), number=EPOCH),
    Kind("uuid", ("'6ecd8c99-4036-403d-bf84-cf8400f67836'",)),
    Kind("inet", ("'10.0.0.1'", "'10.0.0.0/8'", "'::1'"), "format('%s', {})"),
    Kind("bytea", ("'\\x00ff'", "''")),
    Kind("jsonb", ("'{\"a\": 1.0}'", "'[1]'", "'\"text\"'")),
    Kind("int[]", ("'{1,2}'", "'{}'")),
    Kind("money", ("1.5", "-2")),
    Kind("bit(3)", ("B'101'", "B'000'")),
    Kind("pg_lsn", ("'0/10'",)),
    Kind("timetz", ("'12:00+02'",)),
    Kind("int4range", ("'[1,5)'", "'empty'")),
)
POSTGRES_TYPES = """
CREATE DOMAIN flag AS bool;
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE mood AS ENUM ('sad', 'so so', 'Happy');
"""

SQLITE = (
    Kind("TEXT", tuple(text.replace("chr(", "char(") for text in TEXTS if "repeat" not in text),
         "CAST({} AS TEXT)"),
    Kind("TEXT COLLATE NOCASE", ("'a'", "'A'", "'b'", "''"), "CAST({} AS TEXT)", canon=_folded),
    Kind("INTEGER", ("0", "1", "-7", "9007199254740993", "-9223372036854775808"),
         "CAST({} AS TEXT)", "{}"),
    Kind("REAL", ("0.0", "0.1", "0.1 + 0.2", "9007199254740991.0", "1e300", "9e999", "-9e999",
                  "5e-324", "123456789.123456789"), "{}", "{}", _double),
    Kind("NUMERIC", ("0", "12.5", "'text'", "''"), "CAST({} AS TEXT)",
         "CASE WHEN typeof({0}) IN ('integer', 'real') THEN {0} WHEN {0} NOTNULL THEN 'text' END"),
    Kind("BLOB", ("x'616263'", "x''"), "CAST({} AS TEXT)"),
    Kind("BOOLEAN", ("0", "1"), "CAST({} AS TEXT)", "{}"),
    Kind("DATETIME", ("'2026-11-30 12:00:00'",), "CAST({} AS TEXT)"),
)

_LITERAL = ("'a'", "''", "' a'", "'ü∂😀'", "'quo\"te'", "'it''s'", "'back\\\\slash'",
            "'line\\ntwo'", "'NULL'", "'N'")
MARIADB = (
    Kind("varchar(40) COLLATE utf8mb4_bin", _LITERAL, "{}"),
    Kind("varchar(40) COLLATE utf8mb4_general_ci", ("'a'", "'A'", "'a '", "'b'"), "{}",
         canon=_folded),
    Kind("text COLLATE utf8mb4_bin", _LITERAL, "{}"),
    Kind("int", ("0", "1", "-7"), "{}", "{}"),
    Kind("bigint unsigned", ("0", "9007199254740993", "18446744073709551615"), "{}", "{}"),
    Kind("decimal(30,10)", ("0", "0.1", "-12345678901234567890.5"), "{}", "{}"),
    Kind("double", ("0", "0.1", "1e300", "-1e-300", "123456789.123456789"), "{}", "{}"),
    Kind("float", ("0.5", "3"), "{}", "{}"),
    Kind("tinyint(1)", ("0", "1", "2"), "{}", "{}"),
    Kind("year", ("2026", "1999"), "{}", "{}"),
    Kind("datetime(3)", ("'2026-11-30 12:00:00.250'", "'1980-01-01'"), "{}",
         "UNIX_TIMESTAMP({})"),
    Kind("date", ("'2026-02-28'",), "{}", "UNIX_TIMESTAMP({})"),
    Kind("time", ("'12:34:56'", "'-100:00:01'"), "{}", "TIME_TO_SEC({})"),
    Kind("enum('x','Y z')", ("'x'", "'Y z'"), "{}"),
    Kind("set('x','y')", ("'x'", "'x,y'", "''"), "{}"),
    Kind("varbinary(9)", ("'raw'",), "{}"),
)
