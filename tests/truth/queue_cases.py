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
    "rq": ("queue_library.py", ("waiting", "scheduled", "blocked", "failed", "finished"), NAMES),
    "huey": ("queue_library.py", ("waiting", "scheduled"), ("",)),
    "bullmq": ("queue_library.js", ("waiting", "prioritized", "scheduled", "paused"), NAMES),
    "sidekiq": ("queue_library.rb", ("waiting", "scheduled", "dead"), NAMES),
}
PLAIN = {"redis_list": ("list", "list", "missing", "string"),
         "redis_zset": ("zset", "zset", "missing", "list"),
         "redis_stream": ("stream", "stream", "stream", "missing", "string")}
LATER = 99999999999


def _commands(dice, key, kind):
    count = dice.choice((1, 3, 200))
    if kind == "zset":
        return [("ZADD", key, dice.choice((1, -5, "-inf", LATER, 1.5)), f"m{i}")
                for i in range(count)]
    if kind == "stream":
        made = [("XGROUP", "CREATE", key, "workers", "0", "MKSTREAM")]
        made += [("XADD", key, f"1-{i + 1}", "f", "v") for i in range(count)]
        if dice.random() < 0.7:
            made.append(("XREADGROUP", "GROUP", "workers", "me", "COUNT", 2, "STREAMS", key, ">"))
        if dice.random() < 0.3:
            made.append(("XDEL", key, f"1-{count}"))
        return made
    return {"list": [("RPUSH", key, i) for i in range(count)], "string": [("SET", key, "5")],
            "missing": []}[kind]


def draw_plain(dice, number):
    system = dice.choice(list(PLAIN))
    key = f"q{number}{dice.choice(NAMES)}"
    data = _commands(dice, key, dice.choice(PLAIN[system]))
    entry = {"name": key, "system": system}
    if system == "redis_stream":
        entry["group"] = "workers"
    return Case(key, "named", "queues", entry, tuple(data), queue_oracle.Plain(key, system))


def draw_library(dice, number):
    system = dice.choice(list(SYSTEMS))
    script, states, names = SYSTEMS[system]
    name = f"q{number}{dice.choice(names)}"
    made = {state: dice.choice((0, 1, 3, 20)) for state in states}
    question = queue_oracle.OfLibrary(name, system, script, made)
    if dice.random() < 0.5 and any(made.values()):
        if system != "bullmq":
            made["waiting"] = made["waiting"] or 1   # The trace by which it is found.
        return Case(name, "found", "discover", system, (str(question),), question)
    entry = {"name": name, "system": system}
    return Case(name, "named", "queues", entry, (str(question),), question)


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
            queues = [{"name": case.question.name, "system": case.question.system,
                       "states": case.question.states} for case in cases
                      if getattr(case.question, "script", "") == script]
            path = self.folder / (script + ".json")
            path.write_text(json.dumps(queues))
            App(self.server, HERE / script).run(command, path)
            states |= {queue["name"]: queue["states"] for queue in json.loads(path.read_text())}
        return states

    def collectors(self):
        url = self.server.url()
        return {name: {"type": "queue", "url": url, "labels": {"by": name}}
                for name in ("named", "found")}

    def truths(self, cases):
        states, client = self._by_libraries("ask", cases), self.client()
        found = {case.name: queue_oracle.truth(client, case.question, states) for case in cases}
        client.close()
        return found

    def shown(self, page, case):
        mine = {("by", case.collector), ("queue", case.name), ("system", case.question.system)}
        depths = page.samples.get("queue_depth", {})
        return {labels - mine: value for labels, value in depths.items() if mine <= labels}
