"""A Redis Cluster of six servers on loopback, whose slots and roles a test changes step by step."""

import contextlib
import os
import subprocess

from .processes import Process, free_port, program
from .servers import REDIS_PASSWORD
from .waiting import eventually


class ClusterNode(Process):
    """One server in cluster mode, with a password."""

    def __init__(self, node_timeout):
        super().__init__()
        self.port = free_port()
        self.bus_port = free_port()
        self.node_timeout = node_timeout
        self.start()

    def start(self):
        settings = self.folder / "redis.conf"
        settings.write_text(f"requirepass {REDIS_PASSWORD}\nmasterauth {REDIS_PASSWORD}\n")
        self.spawn([program("redis-server"), settings, "--bind", "127.0.0.1", "--port", self.port,
                    "--dir", self.folder, "--save", "", "--appendonly", "no",
                    "--cluster-enabled", "yes", "--cluster-port", self.bus_port,
                    "--cluster-node-timeout", self.node_timeout, "--repl-diskless-sync-delay", 0])
        eventually(self._answers, 10, "the node answers")

    restart_after_kill = start

    def _answers(self):
        self.assert_running()
        return self.command("PING") == "PONG"

    def command(self, *words):
        """An error reply fails the test, a redirection too."""
        done = redis_cli("-e", "-p", self.port, *words)
        assert done.returncode == 0, f"redis-cli {words}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def id(self):
        return self.command("CLUSTER", "MYID")

    def is_primary(self):
        return self.command("ROLE").splitlines()[0] == "master"

    def name(self):
        """As the label `node` has it."""
        return f"127.0.0.1:{self.port}"


def redis_cli(*words, text=None, within=30):
    return subprocess.run(
        [program("redis-cli"), *map(str, words)], text=True, input=text, timeout=within,
        capture_output=True, env={**os.environ, "REDISCLI_AUTH": REDIS_PASSWORD})


class RedisCluster:
    """Three primaries with a replica each. close() ends all of them.

    A primary that is silent for node_timeout milliseconds is replaced, and until that has
    happened no node answers for any key.
    """

    def __init__(self, node_timeout=1000):
        self._opened = contextlib.ExitStack()
        self.nodes = []
        for _ in range(6):
            self.nodes.append(ClusterNode(node_timeout))
            self._opened.callback(self.nodes[-1].close)
        addresses = [node.name() for node in self.nodes]
        done = redis_cli("--cluster", "create", *addresses, "--cluster-replicas", 1,
                         "--cluster-yes", within=60)
        assert done.returncode == 0, done.stdout + done.stderr
        eventually(self._is_whole, 30, "the nodes agree, and the replicas are linked")

    def _is_whole(self):
        return self.agrees() and all(
            node.is_primary() or "master_link_status:up" in node.command("INFO", "replication")
            for node in self.nodes)

    def running(self):
        return [node for node in self.nodes if node.is_running()]

    def agrees(self):
        """Whether every running node sees all slots served, and the same owners."""
        owners = set()
        for node in self.running():
            if "cluster_state:ok" not in node.command("CLUSTER", "INFO"):
                return False
            lines = [line.split() for line in node.command("CLUSTER", "NODES").splitlines()]
            owners.add(tuple(sorted((line[0], *line[8:]) for line in lines if line[8:])))
        return len(owners) == 1

    def close(self):
        self._opened.close()

    def url(self, node=None, password=REDIS_PASSWORD):
        return f"redis://:{password}@{(node or self.nodes[0]).name()}/0"

    def slot(self, key):
        return int(self.nodes[0].command("CLUSTER", "KEYSLOT", key))

    def primaries(self):
        return [node for node in self.running() if node.is_primary()]

    def owner(self, slot):
        """Its node, as a node that runs sees it."""
        for line in self.primaries()[0].command("CLUSTER", "NODES").splitlines():
            fields = line.split()
            ranges = [list(map(int, part.split("-"))) for part in fields[8:] if part[0] != "["]
            if any(part[0] <= slot <= part[-1] for part in ranges):
                return next(node for node in self.nodes if node.name() == fields[1].split("@")[0])
        raise AssertionError(f"no node owns slot {slot}")

    def set_all(self, values):
        """Sets each key of the mapping at its owner."""
        commands = "".join(f"SET {key} {value}\n" for key, value in values.items())
        done = redis_cli("-e", "-c", "-p", self.nodes[0].port, text=commands)
        assert done.returncode == 0 and "ERR" not in done.stdout, done.stdout + done.stderr

    def replica(self, primary):
        """A replica of the primary."""
        wanted = f"myself,slave {primary.id()}"
        return next(node for node in self.running()
                    if wanted in node.command("CLUSTER", "NODES"))

    def move(self, slot, target):
        """A move of a slot, of which nothing is done yet."""
        return SlotMove(self, slot, self.owner(slot), target)

    def fail_over(self, primary):
        """Kills a primary; done when its replica has taken over and all agree."""
        replica = self.replica(primary)
        primary.kill()
        eventually(lambda: replica.is_primary() and self.agrees(), 30, "the replica took over")
        return replica

    def take_over(self, primary):
        """Lets its replica become the primary without a failure; done when all agree."""
        replica = self.replica(primary)
        replica.command("CLUSTER", "FAILOVER")
        eventually(lambda: replica.is_primary() and not primary.is_primary() and self.agrees(), 30,
                   "the replica took over")
        return replica


class SlotMove:
    """One slot on its way, each step at the test's word: begin, some_keys as often as there are
    keys, end (or its two halves, between which the nodes disagree)."""

    def __init__(self, cluster, slot, source, target):
        self.cluster = cluster
        self.slot = slot
        self.source = source
        self.target = target

    def begin(self):
        self.target.command("CLUSTER", "SETSLOT", self.slot, "IMPORTING", self.source.id())
        self.source.command("CLUSTER", "SETSLOT", self.slot, "MIGRATING", self.target.id())

    def some_keys(self, count):
        """Moves at most that many keys; returns how many are left."""
        keys = self.source.command("CLUSTER", "GETKEYSINSLOT", self.slot, count).split()
        if keys:
            self.source.command("MIGRATE", "127.0.0.1", self.target.port, "", 0, 5000, "AUTH",
                                REDIS_PASSWORD, "KEYS", *keys)
        return int(self.source.command("CLUSTER", "COUNTKEYSINSLOT", self.slot))

    def end_at_target(self):
        self.target.command("CLUSTER", "SETSLOT", self.slot, "NODE", self.target.id())

    def end_at_others(self):
        for node in self.cluster.primaries():
            node.command("CLUSTER", "SETSLOT", self.slot, "NODE", self.target.id())

    def end(self):
        self.end_at_target()
        self.end_at_others()
        eventually(self.cluster.agrees, 10, "all know the new owner")
