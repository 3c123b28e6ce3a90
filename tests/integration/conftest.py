import functools

import pytest

from support.collect import collect_once


@pytest.fixture
def collect(tmp_path):
    """Runs each collector of a configuration once; returns the page. Expects the exit code."""
    return functools.partial(collect_once, tmp_path)
