"""Counts and queries of a real PostgreSQL, against statements of our own."""

import pytest

from truth.lot import dice, lots
from truth.postgres_cases import PostgresLot, draw_cases, make_databases


@pytest.fixture(scope="module", autouse=True)
def databases(postgres):
    make_databases(postgres)


@pytest.mark.parametrize("number", lots(share=0.35, size=42))
def test_counts_and_queries_say_what_plain_sql_says(postgres, tmp_path, number):
    lot = PostgresLot(number, tmp_path, postgres)
    try:
        lot.check(draw_cases(dice("postgres", number)))
    finally:
        lot.close()
