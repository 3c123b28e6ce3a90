"""Random queues of several systems, made and counted by the systems' own libraries."""

import json
import pathlib

import redis as library

from support.queue_apps import App
from support.servers import REDIS_PASSWORD
from truth import queue_oracle
from truth.lot import Case, Lot

CASES = 30
NAMES = ("", " sp ace", ' quo"te', " glob*[a]?", " ünï∂", "日本語", " {brace}", "-dash", "\\")
HERE = pathlib.Path(__file__).parent
# What each library makes; what its queues may be called.
SYSTEMS = {
    "arq": ("queue_library.py", ("waiting", "active", "scheduled"), NAMES),
    "celery": ("queue_library.py", ("waiting", "unacked"), NAMES),
    "dramatiq": ("queue_library.py", ("waiting", "active", "scheduled", "held", "failed"), NAMES),
    "rq": ("queue_library.py", ("waiting", "scheduled", "blocked", "failed", "finished"), NAMES),
    "huey": ("queue_library.py", ("waiting", "scheduled"), ("",)),
    "bullmq": ("queue_library.js", ("waiting", "prioritized", "scheduled", "paused"), NAMES),
    "sidekiq": ("queue_library.rb", ("waiting", "scheduled", "dead"), NAMES),
}
PLAIN = {"redis_list": ("list", "list", "missing", "string"),
         "redis_zset": ("zset", "zset", "missing", "list"),
         "redis_stream": ("stream", "stream", "stream", "missing", "string")}
LATER = 99999999999
# How an application of Celery may set up its broker.
CELERY = {
    "celery": {},
    "in_steps": {"global_keyprefix": "app ", "sep": ":", "priority_steps": [0, 2, 5]},
}


def _commands(dice, key, kind):
    count = dice.choice((1, 3, 200))
    if kind == "zset":
        scores = dice.sample((1, -5, "-inf", LATER, 1.5, 1.7e9, 1_790_000_000.25), 3)
        return [("ZADD", key, dice.choice(scores), f"m{i}") for i in range(count)]
    if kind == "stream":
        first = dice.choice((1, 1_700_000_000_000))
        return _stream_commands(dice, key, [f"{first + i * 60000}-1" for i in range(count)])
    return {"list": [("RPUSH", key, i) for i in range(count)], "string": [("SET", key, "5")],
            "missing": []}[kind]


def _stream_commands(dice, key, ids):
    made = [("XGROUP", "CREATE", key, "workers", "0", "MKSTREAM")]
    made += [("XADD", key, one, "f", "v") for one in ids]
    others = ("other", "the third") if dice.random() < 0.4 else ()
    made += [("XGROUP", "CREATE", key, other, dice.choice(("0", "$"))) for other in others]
    for group in ("workers", *others):
        for consumer in ("me", "you")[:dice.randint(0, 2)]:
            made.append(("XREADGROUP", "GROUP", group, consumer, "COUNT", 2, "STREAMS", key, ">"))
        if dice.random() < 0.4:
            made.append(("XACK", key, group, ids[0]))
    if dice.random() < 0.3:
        made.append(("XDEL", key, ids[-1]))
    return made


def draw_plain(dice, number):
    system = dice.choice(list(PLAIN))
    key = f"q{number}{dice.choice(NAMES)}"
    data = _commands(dice, key, dice.choice(PLAIN[system]))
    entry, group = {"name": key, "system": system}, ""
    if system == "redis_stream" and dice.random() < 0.7:
        group = entry["group"] = "workers"
    return Case(key, "named", "queues", entry, tuple(data),
                queue_oracle.Plain(key, system, group))


def draw_library(dice, number):
    system = dice.choice(list(SYSTEMS))
    script, states, names = SYSTEMS[system]
    name = f"q{number}{dice.choice(names)}"
    made = {state: dice.choice((0, 1, 3, 20)) for state in states}
    question = queue_oracle.OfLibrary(name, system, script, made)
    if system == "celery":
        return _of_celery(dice, question)
    if system == "arq":   # Discovery finds it by its prefix, and workers keep all jobs in front.
        question.name = name = "arq:queue:" + name
        made["active"] = min(made["active"], 3)
    if dice.random() < 0.5 and any(made.values()):
        if system != "bullmq":
            made["waiting"] = made["waiting"] or 1   # The trace by which it is found.
        return Case(name, "found", "discover", system, (str(question),), question)
    entry = {"name": name, "system": system}
    return Case(name, "named", "queues", entry, (str(question),), question)


def _of_celery(dice, question):
    collector = dice.choice(list(CELERY))
    question.more = (CELERY[collector],)
    return Case(question.name, collector, "queues", question.name, (str(question),), question)


def draw_cases(dice):
    cases = [(draw_plain if dice.random() < 0.4 else draw_library)(dice, number)
             for number in range(CASES)]
    # All of Sidekiq's queues together, and one so that there is a trace of them.
    first = queue_oracle.OfLibrary("all", "sidekiq", "queue_library.rb", {"waiting": 1})
    every = queue_oracle.OfLibrary("*", "sidekiq", "queue_library.rb", {})
    return [*cases, Case("all", "found", "discover", "sidekiq", (str(first),), first),
            Case("*", "found", "discover", "sidekiq", (str(every),), every)]


class QueueLot(Lot):
    def __init__(self, number, folder, server):
        super().__init__("queues", number, folder)
        self.server = server

    def fill(self, cases):
        client = self.client()
        client.flushall()
        for case in cases:
            if isinstance(case.question, queue_oracle.Plain):
                for command in case.data:
                    client.execute_command(*command)
        client.close()
        self._by_libraries("put", cases)

    def client(self):
        return library.Redis(port=self.server.port, password=REDIS_PASSWORD)

    def _by_libraries(self, command, cases):
        """The states of each queue of a library, by name."""
        states = {}
        for script in {script for script, _, _ in SYSTEMS.values()}:
            path = self.folder / (script + ".json")
            path.write_text(queues_of(script, cases))
            App(self.server, HERE / script).run(command, path)
            states |= {queue["name"]: queue["states"] for queue in json.loads(path.read_text())}
        return states

    def collectors(self):
        url = self.server.url()
        plain = {name: {"type": "queue", "url": url, "labels": {"by": name}}
                 for name in ("named", "found")}
        return plain | {name: {"type": "celery", "url": url, "labels": {"by": name}, **options,
                               "events": False, "control": False, "discover_queues": False}
                        for name, options in CELERY.items()}

    def truths(self, cases):
        states, client = self._by_libraries("ask", cases), self.client()
        found = {case.name: queue_oracle.truth(client, case.question, states, self.collected)
                 for case in cases}
        client.close()
        return found

    def shown(self, page, case):
        return shown(page, case)


def queues_of(script, cases):
    """The queues that a script is to make, or to ask, as it takes them."""
    return json.dumps([{"name": case.question.name, "system": case.question.system,
                        "states": case.question.states, "more": case.question.more}
                       for case in cases if getattr(case.question, "script", "") == script])


def shown(page, case):
    """The states of a queue, or of a stream's groups; and `metric` besides."""
    families = {"queue_depth": set()}
    if case.question.system in queue_oracle.AGED:
        families["queue_oldest_age_seconds"] = {("metric", "oldest_age_seconds")}
    if case.question.system == "redis_stream":
        families["queue_consumers"] = {("metric", "consumers")}
    found = {}
    for family, metric in families.items():
        for labels, value in page.samples.get(family, {}).items():
            if rest := _rest(dict(labels), case):
                found[rest[0] | metric] = value
    return found | celery_length(page, case)


def celery_length(page, case):
    """What waits, once more, by the name that celery-exporter has for it."""
    mine = {("by", case.collector), ("queue_name", case.name)}
    return {frozenset({("metric", "length")}): value for labels, value in
            page.samples.get("celery_queue_length", {}).items() if mine <= labels}


def _rest(labels, case):
    """What the labels of a case's series say besides, in a tuple; none for another's."""
    queue = labels.pop("queue")
    if (labels.pop("by"), labels.pop("system")) != (case.collector, case.question.system):
        return ()
    if case.question.system != "redis_stream" or case.question.group:
        return (frozenset(labels.items()),) if queue == case.name else ()
    # Each group is a queue.
    stream, slash, group = queue.partition("/")
    is_mine = slash and stream == case.name
    return (frozenset({**labels, "group": group}.items()),) if is_mine else ()
