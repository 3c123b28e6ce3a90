#!/usr/bin/python3
"""What a collection of Redis costs the server and the exporter, ours and redis_exporter's.

Exits 1 above a limit of the project. The limits are ours alone.
"""

import contextlib
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.exporter import Exporter  # noqa: E402
from support.peer import PeerExporter  # noqa: E402
from support.redis_servers import BusyRedis, RedisServer  # noqa: E402
from support.waiting import eventually  # noqa: E402

KEYS = 200_000
TENANTS = 1250   # Two counters each.
COLLECTIONS = 50
PEER_COLLECTIONS = 5   # With check-keys each of them takes long.
INTERVAL = 0.2

COMMANDS_LIMIT = 20
REDIS_CPU_LIMIT = 0.005
EXPORTER_CPU_LIMIT = 0.002

GLOBAL = f"global: {{interval: {INTERVAL * 1000:.0f}ms, timeout: {INTERVAL * 1000:.0f}ms,"\
         " stale_after: 1m, max_series: 10000}\n"
COUNTERS = """
    keys:
      - {pattern: "metrics:tenant:{tenant_id}:{kind}", metric: tenant_usage_total, type: counter}
"""


def config(server, more=""):
    return f'{GLOBAL}collectors:\n  - type: redis\n    url: "{server.url()}"\n{more}'


def filled():
    """A server with many keys, of which a few are counters."""
    server = RedisServer()
    counters = [("SET", f"metrics:tenant:{tenant}:{kind}", tenant)
                for tenant in range(TENANTS) for kind in ("tasks", "tokens")]
    others = [("SET", f"cache:{i}", "x") for i in range(KEYS - len(counters))]
    with server.client() as client:
        for start in range(0, len(others), 5000):
            client.ask_all(*others[start:start + 5000])
        client.ask_all(*counters)
    return server


class ServerCost:
    """Commands and CPU seconds that a server has spent since."""

    def __init__(self, server):
        self._client = server.client()
        self._start = self._now()

    def _now(self):
        text = "".join(self._client.ask("INFO", section) for section in ("stats", "cpu"))
        fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        return (int(fields["total_commands_processed"]),
                float(fields["used_cpu_sys"]) + float(fields["used_cpu_user"]))

    def each(self, collections):
        commands, cpu = (now - then for now, then in zip(self._now(), self._start))
        self._client.close()
        return (commands - 2) / collections, cpu / collections   # Two INFO are our own.


def keys_of_ours(server):
    with contextlib.closing(Exporter(config(server, COUNTERS))) as exporter:
        exporter.await_page(lambda page: len(page.series("tenant_usage_total")) == 2 * TENANTS, 120,
                            "all counters are found")
        cost, first = ServerCost(server), exporter.page().successes("redis")
        time.sleep(COLLECTIONS * INTERVAL)
        return cost.each(exporter.page().successes("redis") - first)


def keys_of_peer(server):
    with contextlib.closing(PeerExporter(server.port, check_keys="db0=metrics:tenant:*")) as peer:
        assert len(peer.page().series("redis_key_value")) == 2 * TENANTS
        cost = ServerCost(server)
        for _ in range(PEER_COLLECTIONS):
            peer.page()
        return cost.each(PEER_COLLECTIONS)


def info_of_ours(server):
    """CPU seconds of a collection and a scrape of it."""
    with contextlib.closing(Exporter(config(server))) as exporter:
        eventually(lambda: exporter.page().up("redis") == 1, 10, "a first collection")
        first, start = exporter.page().successes("redis"), exporter.cpu_seconds()
        for _ in range(COLLECTIONS):
            time.sleep(INTERVAL)
            exporter.get("/metrics")
        spent = exporter.cpu_seconds() - start
        return spent / (exporter.page().successes("redis") - first)


def info_of_peer(server):
    with contextlib.closing(PeerExporter(server.port)) as peer:
        peer.page()
        start = peer.cpu_seconds()
        for _ in range(COLLECTIONS):
            time.sleep(INTERVAL)
            peer.page()
        return (peer.cpu_seconds() - start) / COLLECTIONS


def main():
    good = True

    def row(what, unit, ours, peer, limit):
        nonlocal good
        good = good and ours <= limit
        print(f"{what:44} {ours:9.2f} {peer:16.2f} {limit:7.0f} {unit:3}"
              f" {'pass' if ours <= limit else 'FAIL'}")

    print(f"{'redis, a collection':44} {'exporter':>9} {'redis_exporter':>16} {'limit':>7}")
    with contextlib.closing(filled()) as server:
        (commands, cpu), (peer_commands, peer_cpu) = keys_of_ours(server), keys_of_peer(server)
    row(f"{2 * TENANTS} counters of {KEYS} keys: commands", "", commands, peer_commands,
        COMMANDS_LIMIT)
    row(f"{2 * TENANTS} counters of {KEYS} keys: CPU of Redis", "ms", cpu * 1e3, peer_cpu * 1e3,
        REDIS_CPU_LIMIT * 1e3)
    with contextlib.closing(BusyRedis()) as servers:
        ours, peer = info_of_ours(servers.primary), info_of_peer(servers.primary)
    row("INFO, and a scrape of it: CPU of the exporter", "ms", ours * 1e3, peer * 1e3,
        EXPORTER_CPU_LIMIT * 1e3)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
