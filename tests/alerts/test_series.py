"""Each expression reads series that a page really has: of which collector, a golden file says."""

import os
import re

import pytest

from support.page import Page
from support.pages import PAGES
from support.processes import ROOT
from support.rules import grouped, matches, rules, selectors, written

GOLDEN = ROOT / "tests/data/alerts/series.txt"
RULES = rules()
RECORDED = {rule.name for rule in RULES if rule.kind == "record"}
# What no system shows while all is well: the label has other values then.
NOT_WHILE_WELL = {
    'pg_replication_slot_wal_status{wal_status=~"unreserved|lost"}': "wal_status",
    'redis_sentinel_master_status{master_status!="ok"}': "master_status",
}
# Labels that Prometheus gives, and two that some families have by the configuration.
ALWAYS = {"job", "instance", "pod", "server", "datname"}


def own(page, wanted):
    """The page with the exporter's own metrics alone, or without them."""
    page.samples = {name: series for name, series in page.samples.items()
                    if name.startswith(("exporter_", "process_")) == wanted}
    return page


@pytest.fixture(scope="module")
def pages(stack, exporter):
    """The pages by the type of their collector, and those of others."""
    found = {"application": [Page(stack.application)], "prometheus": [Page("up 1\n")],
             "exporter": [own(exporter.page(), True)]}
    for labels, _ in exporter.page().series("exporter_collector_up"):
        page = exporter.page(f"?collector={labels['collector']}")
        found.setdefault(labels["type"], []).append(own(page, False))
    # Of servers that are not started here: captured ones.
    found["redis"] += [Page(path.read_text())
                       for path in sorted((ROOT / "tests/data/redis").glob("*sentinel*/page.prom"))]
    return found


def is_on(page, selector):
    return any(matches(selector, dict(labels)) for labels in page.samples.get(selector.name, ()))


def holders(pages, selector):
    """The types of collectors whose pages have a series that is selected."""
    if selector.name in RECORDED:
        return ["a rule"]
    if (label := NOT_WHILE_WELL.get(written(selector))) is not None:
        selector = selector._replace(matchers=((label, "!=", ""),))
    return sorted(kind for kind, found in pages.items()
                  if any(is_on(page, selector) for page in found))


def test_each_expression_reads_series_that_are_on_a_page(pages):
    lines, missing = [], []
    for rule in RULES:
        for selector in selectors(rule.expr):
            found = holders(pages, selector)
            line = f"{rule.name}: {written(selector)}: {', '.join(found) or 'nowhere'}"
            lines += [line] if line not in lines else []
            missing += [line] if not found else []
    assert not missing
    if os.environ.get("EXPORTER_REWRITE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text("\n".join(lines) + "\n")
    assert GOLDEN.read_text().splitlines() == lines


def test_each_label_that_a_rule_joins_by_is_one_of_its_series(pages):
    for rule in RULES:
        names = {selector.name for selector in selectors(rule.expr)}
        labels = {label for found in pages.values() for page in found for name in names
                  for series in page.samples.get(name, ()) for label, _ in series}
        assert names & RECORDED or grouped(rule.expr) <= labels | ALWAYS, rule.name


@pytest.mark.parametrize("version", range(13, 19))
def test_each_version_of_postgres_has_the_families_that_rules_read(version):
    """Of a server alone; what a primary or a replica has besides, one of 15 stands for all."""
    families = families_of(f"families-{version}.tsv") | families_of("families-15-*.tsv")
    # Not in the goldens: what says whether the last collection went well.
    families.add("pg_up")
    read = {selector.name for rule in RULES for selector in selectors(rule.expr)
            if selector.name.startswith("pg_")}
    assert not read - families


def families_of(pattern):
    """The names of the goldens of PostgreSQL that fit the pattern."""
    return {line.split("\t")[0] for path in (ROOT / "tests/data/postgres").glob(pattern)
            for line in path.read_text().splitlines()}


def test_the_page_names_what_alerts_of_others_read_and_nobody_has(pages):
    """The names of their expressions, by source and alert, are in others.tsv."""
    rows = [line.split("\t") for line in
            (ROOT / "tests/data/alerts/others.tsv").read_text().splitlines()]
    have = families_of("families-*.tsv").union(*(page.samples for found in pages.values()
                                                for page in found))
    unanswered = {(name, alert) for _, alert, names in rows for name in names.split()
                  if name not in have}
    section = PAGES["docs/migrate.md"].partition("## Alerts that nobody answers\n")[2]
    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section.partition("\n## ")[0],
                           re.MULTILINE))
    assert set(told) == {name for name, _ in unanswered}
    for name, alert in unanswered:
        assert alert in told[name] or "more" in told[name], (name, alert)
