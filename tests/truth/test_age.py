"""What changes while an exporter runs: each value is as of now, or as of the time that it bears."""

import time

from support.waiting import eventually
from truth.lot import dice, lots
from truth.places import Place, change_table

TIMEOUT = 1
PLACES = 8
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


def change_list(draws, client, place):
    begun = time.time()
    if draws.random() < 0.3:
        client.ask("DEL", place.name)
    else:
        client.ask("RPUSH", place.name, *range(draws.randint(1, 9)))
    place.becomes(begun, client.ask("LLEN", place.name))


def test_a_value_is_of_now_or_of_the_time_that_it_bears(postgres, redis_broker, start_exporter):
    draws = dice("age", 0)
    tables = [Place(f"aging_{i}", "sql", TIMEOUT, f"aging_{i}") for i in range(PLACES)]
    lists = [Place(f"growing_{i}", "redis", TIMEOUT) for i in range(PLACES)]
    for place in tables:
        place.make(postgres)
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
