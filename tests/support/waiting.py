"""Waiting for something to happen, never for time to pass."""

import time


def eventually(condition, within, what):
    """Polls until condition() is true; returns the seconds that it took.

    An AssertionError inside the condition counts as "not yet", and its text
    is part of the failure when time is up.
    """
    start = time.monotonic()
    while True:
        reason = ""
        try:
            if condition():
                return time.monotonic() - start
        except AssertionError as error:
            reason = f": {error}"
        elapsed = time.monotonic() - start
        assert elapsed < within, f"not within {within} s: {what}{reason}"
        time.sleep(0.02)
