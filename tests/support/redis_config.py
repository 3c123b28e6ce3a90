"""A configuration of the redis collector with all that it can show of a BusyRedis."""

# The smallest rule that serves every part. Each command is one that the collector sends; all
# of them read.
ACL_COMMANDS = (
    "ping", "select", "role", "info", "config|get", "slowlog|len", "slowlog|get",
    "latency|latest", "latency|histogram", "client|list", "client|setname", "scan", "type",
    "strlen", "llen", "scard", "zcard", "hlen", "xlen", "mget", "get", "getrange", "hget",
    "hstrlen", "exists", "pfcount", "memory|usage", "xinfo|stream", "xinfo|groups",
    "xinfo|consumers", "cluster|info", "cluster|nodes", "cluster|myid", "asking")


def acl_rule(without=()):
    """As words of ACL SETUSER. `without` names commands that are not granted."""
    missing = set(without) - set(ACL_COMMANDS)
    assert not missing, f"the rule does not have {missing}"
    return ["~*", "-@all", *(f"+{name}" for name in ACL_COMMANDS if name not in without)]


# Families that redis_exporter does not have, or only with yet another option.
ADDITIONS = ("redis_clients", "redis_key_discovery_", "redis_key_exists",
             "redis_total_system_memory_bytes")

SINGLE_KEYS = ("plain", "number", "big", "visitors", "queue:emails", "tags", "ranking",
               "tenant:7:usage", "events")

_EVERYTHING = """
global: {{interval: {interval}, timeout: {interval}, stale_after: 1m}}
collectors:
  - type: redis
    url: "{url}"
    parts:
      config_values: true
      clients: true
      client_list: true
      modules: true
      latency_histograms: true
    keys:
      - {{pattern: "metrics:tenant:*"}}
      - {{pattern: "session:*"}}
      - {{pattern: "metrics:*", value: count}}
      - {{key: "tenant:7:usage", metric: tenant_tokens, value: hash, field: tokens}}
{keys}
    streams: [{{key: idle}}, {{pattern: "ev*"}}]
    key_groups: {{patterns: ["^(metrics):", "^(session):"], max_groups: 100,
                 databases: [{databases}]}}
    discovery_interval: 1s
"""


def everything(url, interval="1s"):
    databases = ", ".join(map(str, range(16)))
    return _EVERYTHING.format(url=url, interval=interval, databases=databases, keys="\n".join(
        f'      - {{key: "{key}"}}' for key in SINGLE_KEYS))


def has_everything(page):
    """Whether all that has to be searched for first is there, and no part has failed."""
    return (page.up("redis") == 1 and page.has("redis_key_size", key="session:2")
            and page.has("redis_stream_length", stream="events")
            and page.has("redis_key_group_count", key_group="session")
            and page.has("redis_keys_count")
            and page.value("exporter_collector_failed_parts", collector="redis") == 0)
