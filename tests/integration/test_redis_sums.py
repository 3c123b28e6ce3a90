"""Keys of one label are one number: all of them, or none, and why."""

import re

CONFIG = """
collectors:
  - type: redis
    url: "{url}"
    interval: 200ms
    discovery_interval: 1s
    keys: [{{pattern: "n:{{tenant}}:*", metric: app_n, type: counter}}]
"""


def test_a_sum_is_absent_while_a_key_of_it_cannot_be_read(start_exporter, own_redis):
    own_redis.command("MSET", "n:a:1", "1", "n:a:2", "2", "n:b:1", "10", "n:c:1", "5",
                      "n:c:2", "7" * 100)
    own_redis.command("RPUSH", "n:b:2", "a")
    exporter = start_exporter(CONFIG.format(url=own_redis.url()))
    exporter.await_page(lambda page: page.successes("redis") > 4, 20, "some collections")
    page = exporter.page()
    assert page.series("app_n") == [({"tenant": "a"}, 3)]
    assert page.errors("redis", "query") > 0 and page.errors("redis", "limit") > 0
    # Each reason of a part is told, and told once.
    told = re.findall(r'part of a collection failed".* part=app_n reason=(\w+)', exporter.log())
    assert sorted(told) == ["limit", "query"]
    own_redis.command("DEL", "n:b:2")
    own_redis.command("SET", "n:c:2", "7")
    exporter.await_page(lambda page: {labels["tenant"]: value for labels, value
                                      in page.series("app_n")} == {"a": 3, "b": 10, "c": 12}, 20,
                        "the next walk finds keys that can be read")
