"""Counts and queries of SQLite files, against statements of our own."""

import pytest

from truth.lot import dice, lots
from truth.sqlite_cases import SqliteLot, draw_cases


@pytest.mark.parametrize("number", lots(share=0.2, size=40))
def test_counts_and_queries_say_what_plain_sql_says(tmp_path, number):
    SqliteLot(number, tmp_path).check(draw_cases(dice("sqlite", number)))
