"""Counts and queries of a real MariaDB, against statements of our own."""

import pytest

from truth.lot import dice, lots
from truth.mariadb_cases import MariadbLot, draw_cases, make_databases


@pytest.fixture(scope="module", autouse=True)
def databases(mariadb):
    make_databases(mariadb)


@pytest.mark.parametrize("number", lots(share=0.1, size=43))
def test_counts_and_queries_say_what_plain_sql_says(mariadb, tmp_path, number):
    lot = MariadbLot(number, tmp_path, mariadb)
    try:
        lot.check(draw_cases(dice("mariadb", number)))
    finally:
        lot.close()
