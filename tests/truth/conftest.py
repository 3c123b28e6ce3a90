"""A run's seed: it is printed, and all cases follow from it.

The short run has always the same cases, as it decides over a change; the long one has new ones.
"""

import os
import random


def pytest_configure():
    # The workers of one run inherit it.
    is_long = os.environ.get("TRUTH") == "all"
    os.environ.setdefault("TRUTH_SEED",
                          str(random.SystemRandom().randrange(10**9)) if is_long else "1")


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"TRUTH_SEED={os.environ['TRUTH_SEED']}")
