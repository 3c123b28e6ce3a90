"""What changes while an exporter runs: each value is as of now, or as of the time that it bears."""

import time

import pytest

from support.waiting import eventually
from truth.comparison import Truth, fault_by_age
from truth.lot import dice, lots, seed

TIMEOUT = 1    # Of a collection: by so much a value may be older than its mark.
PLACES = 8
CHANGES = ("DELETE FROM {0} WHERE i % 2 = 0", "TRUNCATE {0}", "SELECT 1",
           "INSERT INTO {0} SELECT generate_series(1, 100)", "REVOKE SELECT ON {0} FROM exporter",
           "GRANT SELECT ON {0} TO exporter")
CONFIG = """
global: {{interval: 1s, timeout: {timeout}s, stale_after: 10m}}
collectors:
  - type: sql
    dsn: "{dsn}"
    max_db_time: 100%
    counts: [{counts}]
  - type: redis
    url: "{url}"
    keys: [{keys}]
"""


class Place:
    """A table or a list, how many entries it had when, and how old the page says its value is."""

    def __init__(self, name, query):
        self.name = name
        self.mark = ({"query": query}, "exporter_query_last_success_timestamp_seconds") if query \
            else ({"collector": "redis"}, "exporter_collector_last_success_timestamp_seconds")
        self.states = []
        self.may_be_asked = True

    def becomes(self, begun, count):
        self.states.append((begun, time.time(), Truth({frozenset(): float(count)})))

    def is_seen(self, page):
        """Whether the page has it as of now; fails if what it has is false."""
        labels, family = self.mark
        marked_at = page.value(family, **labels)
        shown = page.samples.get(self.name, {})
        what = shown and fault_by_age(shown, self.states, marked_at, TIMEOUT)
        if what:
            pytest.fail(f"TRUTH_SEED={seed()}: {self.name}: {what}; {self.states}", pytrace=False)
        return not self.may_be_asked or shown and marked_at - TIMEOUT > self.states[-1][1]


def change_table(draws, server, place):
    change = draws.choice(CHANGES)
    begun = time.time()
    server.sql(change.format(place.name))
    if "SELECT ON" in change:
        place.may_be_asked = change.startswith("GRANT")
    place.becomes(begun, server.sql(f"SELECT count(*) FROM {place.name}")[0][0])


def change_list(draws, client, place):
    begun = time.time()
    if draws.random() < 0.3:
        client.ask("DEL", place.name)
    else:
        client.ask("RPUSH", place.name, *range(draws.randint(1, 9)))
    place.becomes(begun, client.ask("LLEN", place.name))


def test_a_value_is_of_now_or_of_the_time_that_it_bears(postgres, redis_broker, start_exporter):
    draws = dice("age", 0)
    tables = [Place(f"aging_{i}", f"aging_{i}") for i in range(PLACES)]
    lists = [Place(f"growing_{i}", "") for i in range(PLACES)]
    for place in tables:
        postgres.sql(f"CREATE TABLE {place.name} (i int);"
                     f"GRANT SELECT ON {place.name} TO exporter")
        place.becomes(time.time(), 0)
    for place in lists:
        place.becomes(time.time(), 0)
    exporter = start_exporter(CONFIG.format(
        timeout=TIMEOUT, dsn=postgres.url(), url=redis_broker.url(),
        counts=", ".join(f"{{metric: {one.name}, table: {one.name}}}" for one in tables),
        keys=", ".join(f"{{key: {one.name}, metric: {one.name}, value: length}}"
                       for one in lists)))

    def all_are_seen():
        page = exporter.page()
        return all([place.is_seen(page) for place in (*tables, *lists)])

    with redis_broker.client() as client:
        for _ in lots(share=0.2, size=2 * PLACES):
            for place in tables:
                change_table(draws, postgres, place)
            for place in lists:
                change_list(draws, client, place)
            eventually(all_are_seen, 60, "the page has all that may be asked as of now")
    postgres.sql(f"DROP TABLE {', '.join(place.name for place in tables)}")
