"""A run's seed: it is printed, and all cases follow from it."""

import os
import random


def pytest_configure():
    # The workers of one run inherit it.
    os.environ.setdefault("TRUTH_SEED", str(random.SystemRandom().randrange(10**9)))


def pytest_report_header():
    return f"TRUTH_SEED={os.environ['TRUTH_SEED']}"
