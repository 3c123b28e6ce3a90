"""Last good values stay for stale_after, and then go."""

import time

CONFIG = """
global: {{interval: 1s, timeout: 500ms, stale_after: 3s}}
collectors:
  - {{type: redis, url: "{url}"}}
"""


def test_last_good_values_are_shown_and_withdrawn_after_stale_after(start_exporter, own_redis):
    exporter = start_exporter(CONFIG.format(url=own_redis.url()))
    exporter.await_page(lambda page: page.value("redis_up") == 1, 5, "a first good run")
    own_redis.kill()
    killed = time.monotonic()
    exporter.await_page(lambda page: page.value("redis_up") == 0, 2.5, "the failure shows at once")
    page = exporter.page()
    assert page.has("redis_connected_clients"), "the last good value stays"
    last = page.value("exporter_collector_last_success_timestamp_seconds", collector="redis")
    assert 0 <= time.time() - last < 4

    exporter.await_page(lambda page: not page.has("redis_connected_clients"), 4, "withdrawn")
    # The last success was at most an interval before the end of the server.
    assert 1.9 < time.monotonic() - killed < 4
    page = exporter.page()
    assert page.value("redis_up") == 0
    # What is left speaks of the collection itself.
    assert not [name for name in page.samples if name.startswith("redis_")
                and name != "redis_up" and not name.startswith("redis_exporter_")]
    assert page.value("exporter_collector_series", collector="redis") == 0

    own_redis.restart_after_kill()
    exporter.await_page(lambda page: page.has("redis_connected_clients"), 2, "values are back")
