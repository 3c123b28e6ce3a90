#!/usr/bin/python3
"""Whether the pages say what is there: prints "PAGE: what is wrong", a line each.

Links and paths lead somewhere; the tables of keys are those of configs/schema.json; the tables
of metrics are those of the sources, the presets and the golden pages. Needs nothing built.
"""

import collections
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support.pages import PAGES, anchors, blocks, column, prose, spans, table  # noqa: E402

CONFIGURATION = "docs/configuration.md"
COMMON = {"type", "name", "interval", "timeout", "stale_after", "labels", "max_series",
          "metric_relabel_configs"}
KEY_TITLES = ["key", "type", "default", "bounds", "does"]

# Where the families of a page come from: the sources whose texts name them, and what they begin
# with.
Source = collections.namedtuple("Source", "page globs prefixes")
SOURCES = {
    "celery": Source("docs/collectors/celery.md", ["collectors/celery/**/*.cc"],
                     ("celery_", "queue_depth", "queue_oldest_age_seconds")),
    "db_pool": Source("docs/collectors/db_pool.md", ["collectors/db_pool/**/*.cc"], ("db_pool_",)),
    "exporter": Source("docs/endpoints.md", ["exporter/**/*.cc", "collectors/parts/*.cc", "collectors/series/*.cc",
                        "collectors/sql/**/*.cc"],
                       ("exporter_", "process_")),
    "pgbouncer": Source("docs/collectors/pgbouncer.md", ["collectors/pgbouncer/**/*.cc"],
                        ("pgbouncer_",)),
    "postgres": Source("docs/collectors/postgres.md",
                       ["collectors/postgres/**/*.cc", "collectors/parts/part_outcome.cc"], ("pg_",)),
    "queue": Source("docs/collectors/queue.md", ["collectors/queue/**/*.cc"], ("queue_",)),
    "redis": Source("docs/collectors/redis.md", ["collectors/redis/**/*.cc"], ("redis_",)),
}
# What servers have answered; by itself only of names that the sources put together.
GOLDEN = {"redis": ["tests/data/redis/*.prom", "tests/data/redis/*/page.prom"],
          "postgres": ["tests/data/postgres/families-*.tsv"]}
PUT_TOGETHER = {"redis": ("redis_config_", "redis_sentinel_config_", "redis_cluster_stats_"),
                "postgres": ("pg_settings_",)}
# Whole texts of the sources that begin like a family and are none.
NO_FAMILIES = {"pg_stat_statements", "redis_build_id", "redis_exporter", "redis_mode",
               "redis_version"}

# What begins like a family in a page and is none: rights, roles, settings, programs, columns.
WORDS = {
    "celery_broker_url", "pg_hba_file_rules", "pg_ls_waldir", "pg_monitor", "pg_read_all_settings",
    "pg_read_all_stats", "pg_use_reserved_connections", "pgbouncer_exporter", "pg_isready",
    "postgres_exporter", "queue_name", "redis_exporter", "redis_list", "redis_stream",
    "redis_zset", "celery_delayed", "redis_password", "pg_stat_io", "pg_buffercache",
    "pg_table_bloat", "pg_table_bloat_dead", "pg_table_bloat_live", "pg_blocking_pids",
    "pg_has_role", "pgbouncer_dsn", "exporter_celery", "exporter_queue", "pg_settings",
    "process_idle", "process_id", "pg_prepared_xacts",
} | NO_FAMILIES
# Families of other exporters that we do not have, as docs/migrate.md says.
OTHERS = {
    "docs/migrate.md": {
        "pg_stat_statements_query_id", "pgbouncer_exporter_build_info",
        "redis_exporter_build_info", "redis_key_value_as_string",
        "redis_target_scrape_request_errors_total",
        # Of alerts that nobody answers: tests/alerts/test_series.py.
        "celery_task_suceeded_total", "pg_bloat_btree_bloat_pct", "pg_bloat_btree_real_size",
        "pg_bloat_table_bloat_pct", "pg_bloat_table_real_size",
        "pg_general_index_info_pg_relation_size", "pg_replication_lag",
        "pg_replication_slots_xmin_age", "pg_stat_replication_pg_xlog_location_diff",
        "pg_stat_ssl_compression", "pg_txid_current", "pg_xlog_position_bytes",
        "pgbouncer_config_max_client_conn"},
}
_WORD = re.compile(r"(?<![\w./-])(?:redis|pg|pgbouncer|celery|db_pool|queue|exporter|process)_"
                   r"[a-z0-9_]+\*?(?![\w*.(])")


def check_links(pages):
    """Each link names a file of the tree, and a heading of that page."""
    for page, text in pages.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
            if "://" in target:
                continue
            path, _, anchor = target.partition("#")
            leads = (ROOT / page).parent / path if path else ROOT / page
            if not leads.exists():
                yield page, f"the link to {target} leads nowhere"
            elif anchor:
                there = str(leads.resolve().relative_to(ROOT))
                if anchor not in anchors(pages.get(there, "")):
                    yield page, f"{there} has no heading #{anchor}"


def check_paths(pages):
    """Each path of the tree that a page names is there."""
    path = re.compile(r"^(?:collectors|configs|docs|exporter|scripts|tests)/[\w./*-]+$")
    for page, text in pages.items():
        words = [span.split(" ")[0] for span in spans(text)]
        words += "".join(blocks(text, "sh")).split()
        for word in words:
            if path.match(word) and not re.search(r"[A-Z]{3}", word) and not any(ROOT.glob(word)):
                yield page, f"there is no {word}"


class Schema:
    """The keys of the configuration, as the tables write them: `keys[].metric`."""

    # They have tables of their own.
    _APART = ("#/$defs/tls", "#/$defs/relabel_configs")

    def __init__(self, schema):
        self._schema = schema
        self.types = self._keys_of(schema, "collectors")["items"]["properties"]["type"]["enum"]

    def tables(self):
        """The page, and the keys, of each table."""
        common = self._definition("redis")["properties"].keys() & COMMON
        relabel = {"properties": {"metric_relabel_configs": self._definition("relabel_configs")}}
        found = {
            "common": (CONFIGURATION, common),
            "relabel_configs": (CONFIGURATION,
                                set(self._walk(relabel)) - {"metric_relabel_configs"}),
            "tls": (CONFIGURATION, {f"tls.{key}" for key in self._walk(self._definition("tls"))}),
            "file": (CONFIGURATION, {"global", "collectors"} | {
                f"global.{key}" for key in self._keys_of(self._schema, "global")["properties"]}),
        }
        for name in self.types:
            found[name] = (f"docs/collectors/{name}.md",
                           set(self._walk(self._definition(name))) - COMMON)
        return found

    def _definition(self, name):
        return self._schema["$defs"][name]

    @staticmethod
    def _keys_of(node, key):
        return node["properties"][key]

    def _resolved(self, node):
        while "$ref" in node:
            node = self._definition(node["$ref"].rpartition("/")[2])
        return node

    def _walk(self, node):
        for key, value in node.get("properties", {}).items():
            yield key
            if value.get("$ref") not in self._APART:
                yield from (key + rest for rest in self._below(value))

    def _below(self, node):
        node = self._resolved(node)
        if "properties" in node:
            yield from ("." + key for key in self._walk(node))
        for choice in (*node.get("anyOf", ()), *node.get("oneOf", ())):
            yield from self._below(choice)
        if "items" in node:
            yield from ("[]" + rest for rest in self._below(node["items"]))


def check_keys(pages, schema):
    for name, (page, keys) in Schema(schema).tables().items():
        rows = table(pages.get(page, ""), "keys", name)
        if rows is None or rows[0] != KEY_TITLES:
            yield page, f"no table of keys between <!-- keys {name} --> and <!-- /keys -->"
            continue
        shown = set(column(rows, "key"))
        for key in sorted(keys - shown):
            yield page, f"the key {key} of configs/schema.json is missing"
        for key in sorted(shown - keys):
            yield page, f"configs/schema.json has no key {key}"


def golden_families(name):
    for path in (path for pattern in GOLDEN.get(name, ()) for path in ROOT.glob(pattern)):
        named = r"^# TYPE (\S+)" if path.suffix == ".prom" else r"^([^#\t\n]+)\t"
        yield from re.findall(named, path.read_text(), re.MULTILINE)


def families():
    """By source, the families that it can make."""
    preset = (ROOT / "configs/presets/postgres.yaml").read_text()
    found = {"postgres": set(re.findall(r"\{name: (pg_\w+)", preset))}
    for name, source in SOURCES.items():
        found.setdefault(name, set()).update(
            family for family in golden_families(name)
            if family.startswith(PUT_TOGETHER.get(name, ())))
        for path in (path for pattern in source.globs for path in ROOT.glob(pattern)):
            whole = re.findall(r'"([a-z][a-z0-9_]*[a-z0-9])"', path.read_text())
            found[name].update(text for text in whole
                               if text.startswith(source.prefixes) and text not in NO_FAMILIES)
    # What queue and celery share.
    found["celery"].update(("queue_depth", "queue_oldest_age_seconds"))
    return found


def is_among(name, known):
    """Whether it is a family, or `redis_memory_*` of some."""
    prefix = name.rstrip("*")
    if prefix != name or name.endswith("_"):
        return any(one.startswith(prefix) for one in known)
    return name in known


def check_metrics(pages, made):
    for name, source in SOURCES.items():
        rows = table(pages.get(source.page, ""), "metrics", name)
        if rows is None:
            yield source.page, f"no table between <!-- metrics {name} --> and <!-- /metrics -->"
            continue
        shown = column(rows, "metric")
        prefixes = tuple(one.rstrip("*") for one in shown if one.endswith("*"))
        for family in sorted((made[name] | set(golden_families(name))) - set(shown)):
            if not prefixes or not family.startswith(prefixes):
                yield source.page, f"the metric {family} is missing"
        for family in shown:
            if not is_among(family, made[name]):
                yield source.page, f"no collector makes the metric {family}"


def check_mentions(pages, made):
    """Names of metrics in sentences, queries and rules."""
    known = set().union(*made.values())
    known |= {f"{name}_{part}" for name in known for part in ("bucket", "sum", "count")}
    sql = set(re.findall(r"\bpg_\w+", (ROOT / "configs/presets/postgres.yaml").read_text()))
    for page, text in pages.items():
        parts = [*spans(text), *blocks(text, ""), *blocks(text, "text"), *blocks(text, "sh")]
        words = {word for part in parts for word in _WORD.findall(part)}
        for word in sorted(words - WORDS - sql - OTHERS.get(page, set())):
            if not is_among(word, known):
                yield page, f"{word} is not a metric of any collector"


def problems(pages, schema, made):
    yield from check_links(pages)
    yield from check_paths(pages)
    yield from check_keys(pages, schema)
    yield from check_metrics(pages, made)
    yield from check_mentions(pages, made)


def schema_of_tree():
    return json.loads((ROOT / "configs/schema.json").read_text())


if __name__ == "__main__":
    for where, what in problems(PAGES, schema_of_tree(), families()):
        print(f"{where}: {what}")
