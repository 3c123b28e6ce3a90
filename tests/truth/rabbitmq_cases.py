"""Random queues of a RabbitMQ: Dramatiq's threes and Celery's, made by their own libraries."""

import json
import pathlib
import urllib.parse

from support.queue_apps import App
from support.waiting import eventually
from truth.comparison import Truth
from truth.lot import Case, Lot
from truth.queue_cases import celery_length, queues_of
from truth.queue_oracle import OfLibrary, length

CASES = 25
SCRIPT = pathlib.Path(__file__).parent / "queue_library.py"
NAMES = ("", " sp ace", ' quo"te', " glob*[a]?", " ünï∂", "日本語", " {brace}", ".dot", "\\", "/a%2F")
ENDINGS = {"waiting": "", "scheduled": ".DQ", "failed": ".XQ"}   # Of Dramatiq's three queues.
COLLECTORS = {"found": "dramatiq", "named": "dramatiq", "by_amqp": "dramatiq", "celery": "celery"}
COLUMNS = ("name", "messages_ready", "messages_unacknowledged", "consumers")


def draw_cases(dice):
    cases = [_draw(dice, number) for number in range(CASES)]
    return [case for some in cases for case in some]


def _draw(dice, number):
    """Cases of one queue, or of three that belong together."""
    collector = dice.choice(tuple(COLLECTORS))
    system, name = COLLECTORS[collector], f"q{number}{dice.choice(NAMES)}"
    states = {state: dice.choice((0, 1, 3, 20))
              for state in ("waiting", "active", "scheduled", "held", "failed")}
    if system == "celery":
        states = {"waiting": states["waiting"], "sorted": dice.choice((0, 1))}
    more = ({},) if system == "celery" else ()
    question = OfLibrary(name, system, SCRIPT.name, states, more)
    data = (str(question),)
    if collector == "found":
        return [Case(name, collector, "discover", "rabbitmq", data, question)]
    names = [name] if system == "celery" else [name + ending for ending in ENDINGS.values()]
    if dice.random() < 0.1:
        names.append(name + " none")   # One that is not there.
    return [Case(one, collector, "queues", one if system == "celery" else {"name": one}, data,
                 question) for one in names]


class Vhost:
    """As an application has it."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        server.make_vhost(name)

    def url(self):
        return self.server.url(vhost=self.name)

    def queues(self):
        """What the broker's own tool says of each queue, by its name."""
        rows = json.loads(self.server.control("-q", "list_queues", "-p", self.name,
                                              "--formatter", "json", *COLUMNS))
        return {row["name"]: tuple(row[column] for column in COLUMNS[1:]) for row in rows}

    def statistics(self):
        """The same as the management API has it, which is late."""
        rows = self.server.api("GET", "/api/queues/" + urllib.parse.quote(self.name, safe=""))
        return {row["name"]: tuple(row.get(column) for column in COLUMNS[1:]) for row in rows}

    def close(self):
        self.server.api("DELETE", "/api/vhosts/" + urllib.parse.quote(self.name, safe=""))


class RabbitmqLot(Lot):
    def __init__(self, number, folder, server):
        super().__init__("rabbitmq", number, folder)
        self.vhost = Vhost(server, f"truth {number}")
        self.app = App(self.vhost, SCRIPT)

    def fill(self, cases):
        path = self.folder / "put.json"
        path.write_text(queues_of(SCRIPT.name, _one_each(cases)))
        worker = self.app.start("hold", path)

        def is_there():
            worker.assert_running()
            return path.with_suffix(".held").exists()

        eventually(is_there, 60, "the queues are there")
        eventually(lambda: self.vhost.queues() == self.vhost.statistics(), 30,
                   "the broker's statistics are of now")

    def close(self):
        self.app.close()
        self.vhost.close()

    def collectors(self):
        server, name = self.vhost.server, urllib.parse.quote(self.vhost.name, safe="")
        urls = {"found": f"{server.api_url()}/{name}", "named": f"{server.api_url()}/{name}",
                "by_amqp": self.vhost.url()}
        return {collector: {"type": "queue", "url": url, "labels": {"by": collector}}
                for collector, url in urls.items()} | {"celery": {
                    "type": "celery", "url": self.vhost.url(), "labels": {"by": "celery"},
                    "events": False, "control": False, "discover_queues": False}}

    def truths(self, cases):
        path = self.folder / "ask.json"
        path.write_text(queues_of(SCRIPT.name, _one_each(cases)))
        self.app.run("ask", path)
        told = {queue["name"]: queue["states"] for queue in json.loads(path.read_text())}
        queues = self.vhost.queues()
        return {case.name: _truth(case, told, queues) for case in cases}

    def shown(self, page, case):
        system = "celery" if case.collector == "celery" else "rabbitmq"
        mine = {("by", case.collector), ("queue", case.name), ("system", system)}
        found = {labels - mine: value
                 for labels, value in page.samples.get("queue_depth", {}).items() if mine <= labels}
        if case.collector in ("named", "by_amqp"):
            found |= {frozenset({("metric", "consumers")}): value for labels, value in
                      page.samples.get("queue_consumers", {}).items() if mine <= labels}
        return found | celery_length(page, case)


def _one_each(cases):
    """A case of each queue that a library makes."""
    return list({case.question.name: case for case in cases}.values())


def _truth(case, told, queues):
    """`told` by the library: what waits in each; `queues` by rabbitmqctl."""
    if case.name not in queues:
        return Truth({}, "there is no such queue")
    more = length(case.question, told)
    told, (ready, unacked, consumers) = told[case.question.name], queues[case.name]
    if case.collector == "found":
        held, failed = (queues[case.name + ENDINGS[state]] for state in ("scheduled", "failed"))
        return _values({"waiting": told["waiting"], "unacked": unacked,
                        "scheduled": told["scheduled"] + held[1], "failed": told["failed"]},
                       failed[0] == told["failed"])
    state = next((state for state, ending in ENDINGS.items()
                  if ending and case.name == case.question.name + ending), "waiting")
    values = {"waiting": told[state]}
    if case.collector == "named":
        values["unacked"] = unacked
    truth = _values(values, ready == told[state])
    if case.collector != "celery":
        more[frozenset({("metric", "consumers")})] = float(consumers)
    return Truth(truth.values | more)


def _values(counts, is_agreed):
    assert is_agreed, f"the library and the broker's tool disagree about {counts}"
    return Truth({frozenset({("state", state)}): float(count) for state, count in counts.items()})
