"""Tables and lists that change while an exporter runs."""

import time

import pytest

from truth.comparison import Truth, fault_by_age
from truth.lot import seed

CHANGES = ("DELETE FROM {0} WHERE i % 2 = 0", "TRUNCATE {0}", "SELECT 1",
           "INSERT INTO {0} SELECT generate_series(1, 100)", "REVOKE SELECT ON {0} FROM exporter",
           "GRANT SELECT ON {0} TO exporter")


class Place:
    """A table or a list, how many entries it had when, and how old the page says its value is.

    A collection lasts `timeout` at most: by so much a value may be older than its mark.
    """

    def __init__(self, name, collector, timeout, query=""):
        self.name = name
        self.timeout = timeout
        self.mark = ({"query": query}, "exporter_query_last_success_timestamp_seconds") if query \
            else ({"collector": collector}, "exporter_collector_last_success_timestamp_seconds")
        self.states = []
        self.may_be_asked = True

    def make(self, server):
        """Of a table."""
        server.sql(f"CREATE TABLE {self.name} (i int); GRANT SELECT ON {self.name} TO exporter")
        self.becomes(time.time(), 0)

    def becomes(self, begun, count):
        self.states.append((begun, time.time(), Truth({frozenset(): float(count)})))

    def is_seen(self, page):
        """Whether the page has it as of now; fails if what it has is false."""
        labels, family = self.mark
        shown = page.samples.get(self.name, {})
        marked_at = page.value(family, **labels) if shown else 0
        what = shown and fault_by_age(shown, self.states, marked_at, self.timeout)
        if what:
            pytest.fail(f"TRUTH_SEED={seed()}: {self.name}: {what}; {self.states}", pytrace=False)
        is_new = bool(shown) and marked_at - self.timeout > self.states[-1][1]
        return is_new or not self.may_be_asked


def change_table(draws, server, place):
    change = draws.choice(CHANGES)
    begun = time.time()
    server.sql(change.format(place.name))
    if "SELECT ON" in change:
        place.may_be_asked = change.startswith("GRANT")
    place.becomes(begun, server.sql(f"SELECT count(*) FROM {place.name}")[0][0])
