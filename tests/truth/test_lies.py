"""Of each kind of case a page that is right, and a lie if a number is changed or left out."""

import pytest

from support.page import Page
from truth import key_group_oracle, redis_oracle, spread_cases, sql_oracle
from truth.comparison import Between, Truth, fault, fault_of_follower
from truth.lot import Case, Lot, age
from truth.queue_cases import QueueLot
from truth.queue_oracle import OfLibrary, Plain
from truth.rabbitmq_cases import RabbitmqLot
from truth.redis_cases import RedisLot
from truth.sql_cases import Columns, Count, Named, Table, Values
from truth.sql_kinds import SQLITE

TEXT, NUMBER = (next(kind for kind in SQLITE if kind.type == name) for name in ("TEXT", "INTEGER"))
TABLE = Table("t", [("id", NUMBER), ("state", TEXT), ("size", NUMBER)], [])


def case(name, collector, question, **more):
    return Case(name, collector, "", {}, (), question, **more)


def values(*rows):
    """The truth: pairs of labels and a number."""
    return Truth({frozenset(labels.items()): number for labels, number in rows})


def spread(**rows):
    question = Count(TABLE, by=("state",))
    return spread_cases.truth(case("m1", "each", question), rows)


STREAM = redis_oracle.Key("s", 0, "default", "stream")
STREAMS = redis_oracle.Streams(("p:a", "p:b"), 0, "default")
GROUPS = redis_oracle.Groups(("^(a)",), (0,), "default", 1, with_memory=True)
BOTH = Columns(TABLE, ("id", "size"))
SQL = Lot("sql", 0, None)
# By kind: who reads it from a page, the case, its truth and its page; 9 is a number of others.
KINDS = {
    "a column a series": (
        SQL, case("m1", "plain", BOTH),
        sql_oracle.truth(BOTH, [("id", 1, 1), ("size", 1, 5)]),
        'm1{id="1",column="id"} 1\nm1{id="1",column="size"} 5'),
    "a row a name": (
        SQL, case("m1", "plain", Named(TABLE, "state", "size"), names_itself=True),
        sql_oracle.truth(Named(TABLE, "state", "size"), [("1", "a", 4), ("2", "b", 5)]),
        'm1_a{id="1"} 4\nm1_b{id="2"} 5\nm11_a{id="1"} 9\nm1{id="3"} 9'),
    "a row a sample": (
        SQL, case("m1", "plain", Values(TABLE, "state", "size")),
        sql_oracle.truth(Values(TABLE, "state", "size"), [("1", "a", 4)]),
        'm1{id="1",state="a"} 4'),
    "several databases": (
        SQL, case("m1", "each", Count(TABLE, by=("state",))),
        spread(one=[("a", 3)], two=[("a", 4), ("b", 5)]),
        'm1{state="a",datname="one"} 3\nm1{state="a",datname="two"} 4\n'
        'm1{state="b",datname="two"} 5'),
    "a stream": (
        RedisLot("redis", None, None), case("s", "all", STREAM),
        values(({"family": "redis_stream_length"}, 7),
               ({"family": "redis_stream_group_lag", "group": "g"}, 3),
               ({"family": "redis_stream_group_consumer_messages_pending", "group": "g",
                 "consumer": "c"}, 2)),
        'redis_stream_length{by="all",db="db0",stream="s"} 7\n'
        'redis_stream_length{by="all",db="db3",stream="s"} 9\n'
        'redis_stream_length{by="all",db="db0",stream="of another"} 9\n'
        'redis_stream_group_lag{by="all",db="db0",stream="s",group="g"} 3\n'
        'redis_stream_group_consumer_messages_pending{by="all",db="db0",stream="s",group="g",'
        'consumer="c"} 2'),
    "streams of a pattern": (
        RedisLot("redis", None, None), case("p:", "all", STREAMS),
        values(({"family": "redis_stream_length", "stream": "p:a"}, 7),
               ({"family": "redis_stream_length", "stream": "p:b"}, 8)),
        'redis_stream_length{by="all",db="db0",stream="p:a"} 7\n'
        'redis_stream_length{by="all",db="db0",stream="p:b"} 8\n'
        'redis_stream_length{by="all",db="db0",stream="q:b"} 9'),
    "groups of keys": (
        RedisLot("redis", None, None), case("groups0", "groups0", GROUPS, alone=True),
        key_group_oracle.of_sizes({0: {b"a1": 50, b"a2": 20, b"b": 30}}, GROUPS),
        'redis_key_group_count{by="groups0",db="db0",key_group="a"} 2\n'
        'redis_key_group_count{by="groups0",db="db0",key_group="overflow"} 1\n'
        'redis_key_group_count{by="groups1",db="db0",key_group="a"} 9\n'
        'redis_key_group_memory_usage_bytes{by="groups0",db="db0",key_group="a"} 70\n'
        'redis_key_group_memory_usage_bytes{by="groups0",db="db0",key_group="overflow"} 30\n'
        'redis_number_of_distinct_key_groups{by="groups0",db="db0"} 2'),
    "all groups of a stream": (
        QueueLot(0, None, None), case("q", "named", Plain("q", "redis_stream")),
        values(({"state": "waiting", "group": "g/h"}, 3), ({"state": "active", "group": "g/h"}, 2),
               ({"metric": "consumers", "group": "g/h"}, 1),
               ({"metric": "oldest_age_seconds", "group": "g/h"}, Between(99, 101))),
        'queue_depth{by="named",queue="q/g/h",system="redis_stream",state="waiting"} 3\n'
        'queue_depth{by="named",queue="q/g/h",system="redis_stream",state="active"} 2\n'
        'queue_depth{by="named",queue="q",system="redis_stream",state="active"} 9\n'
        'queue_consumers{by="named",queue="q/g/h",system="redis_stream"} 1\n'
        'queue_oldest_age_seconds{by="named",queue="q/g/h",system="redis_stream"} 100'),
    "a queue of arq": (
        QueueLot(0, None, None), case("q", "named", OfLibrary("q", "arq", "", {})),
        values(({"state": "waiting"}, 3), ({"metric": "oldest_age_seconds"}, Between(99, 101))),
        'queue_depth{by="named",queue="q",system="arq",state="waiting"} 3\n'
        'queue_depth{by="found",queue="q",system="arq",state="waiting"} 9\n'
        'queue_oldest_age_seconds{by="named",queue="q",system="arq"} 100'),
    "a queue of Celery": (
        QueueLot(0, None, None), case("q", "in_steps", OfLibrary("q", "celery", "", {})),
        values(({"state": "waiting"}, 3), ({"state": "unacked"}, 2), ({"metric": "length"}, 3)),
        'queue_depth{by="in_steps",queue="q",system="celery",state="waiting"} 3\n'
        'queue_depth{by="in_steps",queue="q",system="celery",state="unacked"} 2\n'
        'queue_depth{by="celery",queue="q",system="celery",state="unacked"} 9\n'
        'celery_queue_length{by="in_steps",queue_name="q"} 3'),
    "a queue of RabbitMQ": (
        RabbitmqLot, case("q", "named", OfLibrary("q", "dramatiq", "", {})),
        values(({"state": "waiting"}, 3), ({"state": "unacked"}, 2), ({"metric": "consumers"}, 1)),
        'queue_depth{by="named",queue="q",system="rabbitmq",state="waiting"} 3\n'
        'queue_depth{by="named",queue="q",system="rabbitmq",state="unacked"} 2\n'
        'queue_depth{by="named",queue="q.DQ",system="rabbitmq",state="unacked"} 9\n'
        'queue_consumers{by="named",queue="q",system="rabbitmq"} 1'),
}


def fault_of(kind, text):
    reader, one, truth, _ = KINDS[kind]
    page = Page(text)
    shown = reader.shown(page, one) if isinstance(reader, Lot) else reader.shown(None, page, one)
    return fault(shown, truth, set())


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_page_passes(kind):
    assert not fault_of(kind, KINDS[kind][-1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change, what", [
    (lambda line: line.rpartition(" ")[0] + " 77", "false: "),
    (lambda line: "", "absent without a reason: "),
], ids=["another number", "left out"])
def test_a_lie_on_a_page_is_found(kind, change, what):
    text = KINDS[kind][-1]
    for line in text.split("\n"):
        found = fault_of(kind, text.replace(line, change(line)))
        assert found.startswith(what) if not line.endswith(" 9") else not found, line


def test_an_age_is_that_of_the_time_at_which_the_page_was_made():
    assert age(1000, (1100, 1101)) == Between(100, 101)
    assert age(1100.5, (1100, 1101)) == Between(0, 0.5)


SHOWN = {frozenset(): 3.0}


@pytest.mark.parametrize("shown, stands_by, reasons, what", [
    ({}, True, set(), ""), ({}, False, {"connect"}, ""),
    ({}, False, set(), "absent without a reason"),
    (SHOWN, True, set(), "shown by one who does not lead")])
def test_who_does_not_lead_shows_nothing_and_says_why(shown, stands_by, reasons, what):
    found = fault_of_follower(shown, stands_by, reasons)
    assert what in found and bool(found) == bool(what)
