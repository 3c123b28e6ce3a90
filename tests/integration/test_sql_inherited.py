"""What a role is told to begin its sessions with does not change what the sql collector reads."""

import pytest

# A value with all its digits, one that takes its time, and one with 20 MB of notices.
QUERIES = """
collectors:
  - type: sql
    dsn: "{dsn}"
    max_db_time: 100%
    queries:
      - {{sql: "SELECT 0.1::float8 + 0.2::float8 AS v", metrics: [{{name: digits, value: v}}]}}
      - {{sql: "SELECT 1 AS v, pg_sleep(0.3)", metrics: [{{name: patient, value: v}}]}}
      - {{sql: "SELECT chatter() AS v", metrics: [{{name: chatter, value: v}}]}}
"""
CHATTER = """
CREATE OR REPLACE FUNCTION chatter() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  FOR n IN 1..2000 LOOP RAISE NOTICE '%', repeat('x', 10000); END LOOP;
  RETURN 7;
END $$
"""


@pytest.mark.parametrize("settings", [
    {},
    {"extra_float_digits": "-10"},
    {"client_min_messages": "debug5"},
    {"statement_timeout": 100, "idle_in_transaction_session_timeout": 100},
    {"default_transaction_isolation": "serializable", "default_transaction_deferrable": "on"},
    {"default_transaction_isolation": "'repeatable read'", "default_transaction_read_only": "on"},
], ids=lambda settings: ",".join(settings) or "none")
def test_values_are_the_same_whatever_the_role_begins_with(collect, postgres, settings):
    postgres.sql(CHATTER)
    try:
        for name, value in settings.items():
            postgres.sql(f"ALTER ROLE exporter SET {name} = {value}")
        page = collect(QUERIES.format(dsn=postgres.url()))
    finally:
        postgres.sql("ALTER ROLE exporter RESET ALL")
    assert page.value("digits") == 0.1 + 0.2
    assert page.value("patient") == 1
    assert page.value("chatter") == 7
