"""Two exporters with one collector: what one shows is true, and the other shows nothing."""

import signal
import time

import pytest

from support.waiting import eventually
from truth.comparison import fault_of_follower
from truth.lot import dice, lots, seed
from truth.places import Place, change_table

INTERVAL, TIMEOUT = 1, 0.5
PLACES = 4
ENDS = ("kill", "term", "stop", "session", "nothing")
CONFIG = """
global: {{interval: 1s, timeout: 500ms}}
collectors:
  - type: sql
    name: one
    dsn: "{dsn}"
    singleton: true
    max_db_time: 100%
    counts: [{counts}]
"""


class Pair:
    """Two exporters, of which either may end and is then started again."""

    def __init__(self, start, server, places):
        self.start, self.server, self.places = start, server, places
        self.config = CONFIG.format(dsn=server.url(), counts=", ".join(
            f"{{metric: {place.name}, table: {place.name}}}" for place in places))
        self.exporters = [start(self.config), start(self.config)]

    def are_well(self):
        """Whether one leads and has all as of now, and the other stands by; fails at a lie."""
        pages = [exporter.page() for exporter in self.exporters]
        leading = [page for page in pages if _leads(page)]
        for page in pages:
            if page in leading:
                seen = [place.is_seen(page) for place in self.places]
            else:
                _check_follower(page, self.places)
        return len(leading) == 1 and all(seen)

    def end_leader(self, how):
        index = next(i for i, one in enumerate(self.exporters) if _leads(one.page()))
        leader = self.exporters[index]
        if how == "session":
            self.server.sql("SELECT pg_terminate_backend(pid) FROM pg_locks"
                            " WHERE locktype = 'advisory' AND granted")
        elif how == "stop":
            other = self.exporters[1 - index]
            leader.child.send_signal(signal.SIGSTOP)
            try:
                other.await_page(_leads, 20, "the other leads")
            finally:
                leader.child.send_signal(signal.SIGCONT)
        elif how != "nothing":
            leader.child.send_signal({"kill": signal.SIGKILL, "term": signal.SIGTERM}[how])
            leader.child.wait(10)
            self.exporters[index] = self.start(self.config)


def _leads(page):
    return page.has("exporter_collector_leader", collector="one") and page.value(
        "exporter_collector_leader", collector="one") == 1


def _check_follower(page, places):
    skipped = page.value("exporter_collector_collections_total", collector="one",
                         result="skipped")
    stands_by = skipped > 0 and page.has("exporter_collector_leader", collector="one")
    for place in places:
        what = fault_of_follower(page.samples.get(place.name, {}), stands_by, _reasons(page))
        if what:
            pytest.fail(f"TRUTH_SEED={seed()}: {place.name}: {what}\n{page.text}", pytrace=False)


def _reasons(page):
    reasons = {labels["reason"] for labels, count in
               page.series("exporter_collector_errors_total", collector="one") if count}
    # One that stood still does not say that it leads, and its last success is past.
    success = page.value("exporter_collector_last_success_timestamp_seconds", collector="one")
    is_old = success and time.time() - success > INTERVAL + TIMEOUT
    return reasons | {"old"} if is_old and not page.has("exporter_collector_leader") else reasons


def test_one_shows_what_is_true_and_the_other_nothing(postgres, start_exporter):
    draws = dice("singleton", 0)
    places = [Place(f"led_{i}", "one", TIMEOUT, f"led_{i}") for i in range(PLACES)]
    for place in places:
        place.make(postgres)
    pair = Pair(start_exporter, postgres, places)
    eventually(pair.are_well, 20, "one leads")
    for _ in lots(share=0.06, size=2 * PLACES):
        for place in places:
            change_table(draws, postgres, place)
        pair.end_leader(draws.choice(ENDS))
        eventually(pair.are_well, 30, "one leads and has all as of now")
    postgres.sql(f"DROP TABLE {', '.join(place.name for place in places)}")
