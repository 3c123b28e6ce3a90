"""Many cases in one place and one run of the exporter; a fault is made small and reproducible."""

import dataclasses
import json
import os
import random
import re
import time

import pytest

from support.exporter import run
from support.page import Page
from support.servers import SECRETS
from truth import comparison

# The log has every problem; what `collect` lists after it ends after 20 of each collector.
_PROBLEM = re.compile(r'^ts=.* collector=(\w+) type=\w+ (?:part=([^\s"]+|"(?:[^"\\]|\\.)*") )?'
                      r'reason=(\w+) error=', re.MULTILINE)


def seed():
    """What all cases of a run follow from."""
    return os.environ["TRUTH_SEED"]


def wanted_cases():
    """TRUTH is a number of cases, or `all`."""
    wanted = os.environ.get("TRUTH", "")
    return 10_000 if wanted == "all" else int(wanted or 200)


def lots(share, size):
    """The numbers of the lots of this size that make up a share of the wanted cases."""
    return range(max(1, round(wanted_cases() * share / size)))


def age(since, collected):
    """Of what is so since that time, when a page was made."""
    return comparison.Between(*(max(0, at - since) for at in collected))


def dice(kind, number):
    return random.Random(f"{seed()}/{kind}/{number}")


@dataclasses.dataclass
class Case:
    """One count, query, key or queue. `data` are the statements or commands that make it."""

    name: str          # Of its metric, or of its part as problems have it.
    collector: str     # The collector that has it, and of that the list.
    section: str
    entry: dict        # In the configuration.
    data: tuple
    question: object   # To the oracle.
    refusals: frozenset = frozenset()
    canon: object = None   # From a label's name and text to the text of its group.
    parts: tuple = ()   # What problems call it, if that is not `name`.
    endings: tuple = ("",)   # Of the names of its series; more than one become a label `ending`.
    names_itself: bool = False   # Rows name its series: behind `name` is a label `rest`.
    alone: bool = False   # The section of the configuration is its entry, and no list.


class Lot:
    """A subclass knows where its cases live: fill(), collectors(), truths()."""

    def __init__(self, kind, number, folder):
        self.title = f"{kind}, lot {number}"
        self.folder = folder
        self.collected = (0, 0)   # When the last page was made: between these times.

    def fill(self, cases):
        """Makes the data of the cases."""
        raise NotImplementedError

    def collectors(self):
        """The collectors by name, without their cases."""
        raise NotImplementedError

    def truths(self, cases):
        """The truth of each case, by its name, at this moment."""
        raise NotImplementedError

    def shown(self, page, case):
        """What the page has of a case."""
        if case.names_itself:
            return {labels | {("rest", name.removeprefix(case.name + "_"))}: value
                    for name, series in page.samples.items() if name.startswith(case.name + "_")
                    for labels, value in series.items()}
        return {labels | ({("ending", ending)} if ending else frozenset()): value
                for ending in case.endings
                for labels, value in page.samples.get(case.name + ending, {}).items()}

    def configuration(self, cases):
        made = []
        for name, options in self.collectors().items():
            sections = {}
            for case in cases:
                if case.collector == name:
                    if case.alone:
                        sections[case.section] = case.entry
                    elif case.entry not in sections.setdefault(case.section, []):
                        sections[case.section].append(case.entry)
            if sections:
                made.append({"name": name, **options, **sections})
        return json.dumps({"global": {"interval": "60s", "timeout": "50s"}, "collectors": made},
                          ensure_ascii=False, indent=1)

    def collect(self, cases):
        """The page, and the reasons by collector and part."""
        path = self.folder / "exporter.yaml"
        path.write_text(self.configuration(cases))
        begun = time.time()
        done = run("collect", "--config", path, within=100)
        self.collected = (begun, time.time())
        assert done.returncode in (0, 1), f"{done.stderr}\n{path.read_text()}"
        assert not any(secret in done.stdout + done.stderr for secret in SECRETS)
        reasons = {}
        for collector, part, reason in _PROBLEM.findall(done.stderr):
            name = json.loads(part) if part.startswith('"') else part
            reasons.setdefault((collector, name), set()).add(reason)
        assert bool(reasons) == (done.returncode == 1), done.stderr
        return Page(done.stdout), reasons, done.stderr

    def faults(self, cases):
        """The cases that are answered falsely, each with what is wrong."""
        page, reasons, errors = self.collect(cases)
        truths = self.truths(cases)
        found = []
        for case in cases:
            given = set().union(*(reasons.get((case.collector, part), ())
                                  for part in (*(case.parts or (case.name,)), "")))
            if page.value("exporter_collector_dropped_samples_total", collector=case.collector,
                          reason="invalid"):
                given.add("invalid")
            what = comparison.fault(self.canonical(page, case), truths[case.name], given,
                                    case.refusals)
            if what:
                said = [line for line in errors.splitlines() if f"{case.name}: " in line]
                found.append((case, "\n".join([what, *said])))
        return found

    def canonical(self, page, case):
        shown = self.shown(page, case)
        if not case.canon:
            return shown
        made = {}
        for labels, value in shown.items():
            key = frozenset((name, case.canon(name, text)) for name, text in labels)
            # Two series of one group are not merged: each would be a part of the truth.
            made[key if key not in made else key | labels | {("twice", "")}] = value
        return made

    def smaller(self, cases, faulty):
        """Fewer cases in which this one is still answered falsely."""
        def fails(some):
            return any(case is faulty for case, _ in self.faults(some))

        if fails([faulty]):
            return [faulty]
        others = [case for case in cases if case is not faulty]
        size = max(1, len(others) // 2)
        while size:
            for start in range(0, len(others), size):
                fewer = others[:start] + others[start + size:]
                if fails([*fewer, faulty]):
                    others = fewer
                    break
            else:
                size //= 2
        return [*others, faulty]

    def check(self, cases):
        """Fails with every fault; the first is shown with all that it needs."""
        self.fill(cases)
        found = self.faults(cases)
        if not found:
            return
        needed = self.smaller(cases, found[0][0])
        lines = [f"TRUTH_SEED={seed()}: {self.title}: {len(found)} of {len(cases)} cases"]
        lines += [f"{case.name}: {what}" for case, what in found]
        lines += [f"--- {found[0][0].name} alone needs this configuration:",
                  self.configuration(needed), "--- and this data:"]
        lines += dict.fromkeys(str(line) for case in needed for line in case.data)
        pytest.fail("\n".join(lines), pytrace=False)
