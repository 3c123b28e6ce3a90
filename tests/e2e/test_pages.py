"""The pages say what the binary does: their configurations, their flags, and what checks them."""

import copy
import re
import subprocess
import sys

import pytest

from support.exporter import run
from support.pages import PAGES, blocks, column, spans
from support.processes import ROOT, program

sys.path.insert(0, str(ROOT / "scripts/lib"))
import check_pages  # noqa: E402

ENVIRONMENT = {
    "CELERY_BROKER_URL": "redis://127.0.0.1/1",
    "DATABASE_URL": "postgresql://exporter@127.0.0.1/shop",
    "PGBOUNCER_URL": "postgresql://stats@127.0.0.1:6432/pgbouncer",
    "RABBITMQ_PASSWORD": "fixture",
    "REDIS_URL": "redis://127.0.0.1/0",
}
# The first line of YAML that is not our configuration, and what checks it.
FOREIGN = {
    "# Kubernetes": None,
    "# prometheus.yml": "config",
    "# rules.yml": "rules",
}
# Flags of other programs, which a page names alone.
OTHER_FLAGS = {
    "docs/install.md": {"--format"},
    "docs/collectors/celery.md": {"--without-heartbeat"},
    "docs/retention.md": {"--retention.resolution-raw", "--retention.resolution-5m",
                          "--retention.resolution-1h", "--storage.tsdb.retention.time"},
}
_FLAG = re.compile(r"(?<![\w-])--[a-z][\w.-]*")


def yaml_blocks():
    for page, text in PAGES.items():
        for number, block in enumerate(blocks(text, "yaml"), 1):
            yield pytest.param(block, id=f"{page}-{number}")


@pytest.mark.parametrize("block", yaml_blocks())
def test_a_block_of_yaml_is_valid(block, tmp_path):
    path = tmp_path / "block.yaml"
    path.write_text(block)
    first = block.partition("\n")[0]
    if first not in FOREIGN:
        done = run("check", "--config", path, env=ENVIRONMENT)
        assert done.returncode == 0, done.stderr
    elif FOREIGN[first]:
        done = subprocess.run([program("promtool"), "check", FOREIGN[first], path], text=True,
                              capture_output=True, timeout=30)
        assert done.returncode == 0, done.stdout + done.stderr


def flags_of_the_binary():
    helps = [run(*command, "--help").stdout
             for command in ((), ("check",), ("collect",), ("collectors",))]
    return {flag for text in helps for flag in _FLAG.findall(text.partition("Exit codes")[0])}


def flags_of(page):
    """Those that the page says are the exporter's."""
    text = PAGES[page]
    if page == "docs/migrate.md":   # The first cell of a row is the other exporter's.
        text = re.sub(r"^\|[^|]*", "", text, flags=re.MULTILINE)
    lines = [*spans(text), *"".join(blocks(text, "sh")).splitlines()]
    ours = re.compile(r"^(?:--|(?:[A-Z_]+=\S* )*exporter )")
    return {flag for line in lines if ours.match(line)
            for flag in _FLAG.findall(line)} - OTHER_FLAGS.get(page, set())


def test_every_flag_stands_on_the_page_and_every_flag_of_a_page_exists():
    known = flags_of_the_binary()
    assert known
    assert known <= flags_of("docs/install.md")
    for page in PAGES:
        assert flags_of(page) <= known, page


def test_each_flag_has_the_variable_that_the_page_names():
    rows = re.findall(r"^\| `--([\w.-]+)` \| `(EXPORTER_\w+)` \|", PAGES["docs/install.md"],
                      re.MULTILINE)
    assert len(rows) == 5
    for flag, variable in rows:
        assert variable == "EXPORTER_" + re.sub(r"\W", "_", flag).upper()


def test_every_collector_has_its_page():
    types = re.findall(r"^(\w+): ", run("collectors").stdout, re.MULTILINE)
    assert types == check_pages.Schema(check_pages.schema_of_tree()).types
    for name in types:
        assert f"docs/collectors/{name}.md" in PAGES
        assert f"(docs/collectors/{name}.md)" in PAGES["README.md"]


def test_the_readme_is_short():
    assert len(PAGES["README.md"].splitlines()) <= 180


# What checks the pages finds what is wrong with them.

def found(pages=None, schema=None, made=None):
    return set(check_pages.problems(pages or PAGES, schema or check_pages.schema_of_tree(),
                                    made or check_pages.families()))


def with_text(page, old, new):
    assert old in PAGES[page]
    return {**PAGES, page: PAGES[page].replace(old, new)}


def test_a_key_that_is_struck_is_told_with_its_page():
    schema = copy.deepcopy(check_pages.schema_of_tree())
    del schema["$defs"]["redis"]["properties"]["cluster"]
    del schema["$defs"]["sql"]["properties"]["databases"]["properties"]["max"]
    assert found(schema=schema) == {
        ("docs/collectors/redis.md", "configs/schema.json has no key cluster"),
        ("docs/collectors/sql.md", "configs/schema.json has no key databases.max")}


def test_a_key_that_no_page_has_is_told():
    pages = with_text("docs/collectors/queue.md", "| `discovery_interval` |", "| `interval` |")
    assert ("docs/collectors/queue.md",
            "the key discovery_interval of configs/schema.json is missing") in found(pages)


def test_a_metric_that_is_struck_is_told_with_its_page():
    made = check_pages.families()
    made["redis"].remove("redis_memory_used_bytes")
    assert ("docs/collectors/redis.md",
            "no collector makes the metric redis_memory_used_bytes") in found(made=made)


def test_a_metric_that_no_page_has_is_told():
    made = check_pages.families()
    made["celery"].add("celery_new_total")
    assert found(made=made) == {
        ("docs/collectors/celery.md", "the metric celery_new_total is missing")}


def test_a_metric_in_a_sentence_that_nobody_makes_is_told():
    pages = with_text("docs/topology.md", "`sum(redis_connected_clients)`", "`redis_conected`")
    assert found(pages) == {("docs/topology.md", "redis_conected is not a metric of any collector")}


@pytest.mark.parametrize("old, new, message", [
    ("(docs/migrate.md)", "(docs/migration.md)", "the link to docs/migration.md leads nowhere"),
    ("postgres.md#the-smallest-role", "postgres.md#smallest-role",
     "docs/collectors/postgres.md has no heading #smallest-role"),
    ("`scripts/bench`", "`scripts/benches`", "there is no scripts/benches"),
])
def test_a_link_that_leads_nowhere_is_told(old, new, message):
    assert ("README.md", message) in found(with_text("README.md", old, new))


def test_the_tables_have_one_form():
    for name, (page, keys) in check_pages.Schema(check_pages.schema_of_tree()).tables().items():
        assert column(check_pages.table(PAGES[page], "keys", name), "key"), name
        assert keys
