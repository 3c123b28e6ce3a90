"""Redis servers with all that a Redis shows, and in each topology, on loopback."""

import contextlib
import re
import socket
import subprocess

from .processes import Process, free_port, program
from .servers import REDIS_PASSWORD
from .waiting import eventually


class RedisError(Exception):
    """An error reply."""


class RedisClient:
    """One connection (RESP2), for what redis-cli is too slow for or cannot do."""

    def __init__(self, port, user="default", password=REDIS_PASSWORD, name=None):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._replies = self._socket.makefile("rb")
        self.ask("AUTH", user, password)
        if name:
            self.ask("CLIENT", "SETNAME", name)

    def send(self, *commands):
        """Sends the commands, each a tuple of words, and waits for nothing."""
        self._socket.sendall(b"".join(map(self._encoded, commands)))

    @staticmethod
    def _encoded(words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        return b"*%d\r\n" % len(words) + b"".join(
            b"$%d\r\n%s\r\n" % (len(word), word) for word in words)

    def receive(self):
        """The next reply. An error reply is returned, not raised."""
        kind, rest = (line := self._replies.readline())[:1], line[1:-2]
        if kind == b"-":
            return RedisError(rest.decode())
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._replies.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return None if rest == b"-1" else [self.receive() for _ in range(int(rest))]
        raise ConnectionError(f"no reply: {line!r}")

    def ask_all(self, *commands):
        self.send(*commands)
        return [self.receive() for _ in commands]

    def ask(self, *words):
        reply, = self.ask_all(words)
        if isinstance(reply, RedisError):
            raise reply
        return reply

    def close(self):
        self._replies.close()
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class RedisServer(Process):
    """An empty server with a password, and the settings that the caller adds to the command."""

    def __init__(self, *settings, port=None):
        super().__init__()
        self.port = port or free_port()
        self.settings = settings
        self.start()

    def start(self):
        path = self.folder / "redis.conf"
        path.write_text(f"requirepass {REDIS_PASSWORD}\nmasterauth {REDIS_PASSWORD}\n")
        self.spawn([program("redis-server"), path, "--bind", "127.0.0.1", "--port", self.port,
                    "--dir", self.folder, "--save", "", "--enable-debug-command", "local",
                    *self.settings])
        eventually(self.answers, 10, "Redis answers")

    restart_after_kill = start

    def answers(self):
        self.assert_running()
        try:
            return self.command("PING") == "PONG"
        except (OSError, RedisError):
            return False

    def client(self, **options):
        return RedisClient(self.port, **options)

    def command(self, *words):
        with self.client() as client:
            return client.ask(*words)

    def info(self, section):
        """The fields of a section of INFO."""
        lines = self.command("INFO", section).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def lasting_keys(self):
        """Without those that go by themselves, within a minute or little more."""
        with self.client() as client:
            return {key for key in client.ask("KEYS", "*")
                    if client.ask("PTTL", key) == -1 or client.ask("PTTL", key) > 70_000}

    def url(self, user="", password=REDIS_PASSWORD, port=None, scheme="redis", database=0):
        return f"{scheme}://{user}:{password}@127.0.0.1:{port or self.port}/{database}"


def replica_of(primary, *settings):
    """A replica that has caught up."""
    replica = RedisServer("--replicaof", "127.0.0.1", primary.port, *settings)
    await_replica(primary, replica)
    return replica


def await_replica(primary, replica):
    """Until the replica holds what the primary has written so far."""
    def caught_up():
        state = replica.info("replication")
        return (state.get("master_link_status") == "up"
                and state["slave_repl_offset"] == primary.info("replication")["master_repl_offset"])

    eventually(caught_up, 20, "the replica has caught up")


LIBRARY = """#!lua name=shop
redis.register_function('total', function(keys, args) return 42 end)
"""

# Of every type of key; what expires within a test expires at once.
KEYS = [
    ("SET", "plain", "text"), ("SET", "number", "12.5"), ("SET", "big", "x" * 20000),
    *(("SET", f"metrics:tenant:{tenant}:{kind}", 100 * tenant)
      for tenant in range(1, 5) for kind in ("tasks", "tokens")),
    ("PFADD", "visitors", *range(1000)),
    ("RPUSH", "queue:emails", *range(12)),
    ("SADD", "tags", *range(30)), ("SADD", "words", "a", "b"),
    ("ZADD", "ranking", 1, "a", 2, "b", 3, "c"),
    ("HSET", "tenant:7:usage", "tokens", 250, "errors", 3),
    ("SETBIT", "bits", 99, 1),
    ("SET", "session:1", "a", "EX", 86400), ("SET", "session:2", "b", "EX", 86400),
    *(("SET", f"gone:{i}", "x", "PX", 1) for i in range(20)),
    ("XADD", "idle", "1-1", "f", "v"), ("XADD", "idle", "2-1", "f", "v"), ("XDEL", "idle", "1-1"),
    *(("XADD", "events", f"{i}-0", "task", i) for i in range(1, 31)),
    ("XGROUP", "CREATE", "events", "workers", "0"),
    ("XGROUP", "CREATE", "events", "audit", "0"),
    ("XREADGROUP", "GROUP", "workers", "worker-a", "COUNT", 5, "STREAMS", "events", ">"),
    ("XREADGROUP", "GROUP", "workers", "worker-b", "COUNT", 4, "STREAMS", "events", ">"),
    ("XACK", "events", "workers", "1-0", "2-0"),
    ("XREADGROUP", "GROUP", "audit", "clerk", "COUNT", 1, "STREAMS", "events", ">"),
]
READS = [("GET", "plain"), ("GET", "absent"), ("LRANGE", "queue:emails", 0, -1), ("KEYS", "*"),
         ("HGETALL", "tenant:7:usage"), ("ZRANGE", "ranking", 0, -1), ("SMEMBERS", "tags"),
         ("PFCOUNT", "visitors"), ("SORT", "tags"), ("GET", "gone:1")]
# What the server refuses, each with another error.
MISTAKES = [("LPUSH", "plain", "x"), ("NO-SUCH-COMMAND",), ("EVALSHA", "f" * 40, 0), ("GET",),
            ("SET", "plain"), ("INCR", "plain"), ("XREADGROUP", "GROUP", "none", "c", "STREAMS",
                                                  "events", ">"), ("SELECT", 99)]


class BusyRedis:
    """A primary with traffic of every kind behind it, and a replica of it.

    Nothing happens by itself once the constructor is done: what a test wants to happen it
    asks traffic() for. The clients that wait, listen and track stay connected.
    """

    def __init__(self):
        self._opened = contextlib.ExitStack()
        self.primary = self._started(RedisServer(
            "--appendonly", "yes", "--maxmemory", "512mb", "--latency-monitor-threshold", 5,
            "--repl-ping-replica-period", 3600, "--repl-diskless-sync-delay", 0))
        self._fill()
        self._save()   # Before a replica needs a snapshot of its own.
        self.replica = self._started(replica_of(self.primary))
        self._connect_clients()
        self.traffic()
        await_replica(self.primary, self.replica)

    def _started(self, server):
        self._opened.callback(server.close)
        return server

    def _fill(self):
        with self.primary.client() as client:
            for words in KEYS:
                client.ask(*words)
            for database in (1, 3):
                client.ask("SELECT", database)
                client.ask_all(("SET", "other", database), ("SET", "short", "x", "EX", 86400))
            client.ask("SELECT", 0)
            client.ask("FUNCTION", "LOAD", LIBRARY)
            client.ask("CONFIG", "SET", "slowlog-log-slower-than", 0)
            client.ask("GET", "plain")
            client.ask("CONFIG", "SET", "slowlog-log-slower-than", 10000)
            client.ask("DEBUG", "SLEEP", "0.02")   # A latency spike, and slow.

    def _save(self):
        self.primary.command("BGSAVE")
        eventually(lambda: self.primary.info("persistence")["rdb_saves"] == "1", 10,
                   "the RDB is saved")

    def _connect_clients(self):
        words = {"shop-listener": ("SUBSCRIBE", "news"), "shop-watcher": ("PSUBSCRIBE", "news.*"),
                 "shop-worker": ("BLPOP", "no-such-queue", 0), "shop-cache": ("CLIENT", "TRACKING",
                                                                             "ON")}
        for name, command in words.items():
            client = self._opened.enter_context(self.primary.client(name=name))
            client.send(command)
        eventually(lambda: self.primary.info("clients")["blocked_clients"] == "1"
                   and self.primary.info("clients")["tracking_clients"] == "1", 5,
                   "the clients are connected")

    def traffic(self, times=20):
        """Reads, writes, mistakes, a script and a function; done when it returns."""
        with self.primary.client() as client:
            for _ in range(times):
                client.ask_all(*READS, *MISTAKES, ("INCR", "counter"), ("PUBLISH", "news", "x"),
                               ("EVAL", "return redis.call('GET', 'plain')", 0),
                               ("FCALL", "total", 0))

    def close(self):
        self._opened.close()


class TlsRedis(RedisServer):
    """Speaks TLS only, on tls_port; its plain port serves the test itself."""

    def __init__(self, certificates, name, asks_clients=False):
        self.tls_port = free_port()
        super().__init__(
            "--tls-port", self.tls_port, "--tls-cert-file", certificates.certificate(name),
            "--tls-key-file", certificates.key(name), "--tls-ca-cert-file",
            certificates.certificate(certificates.ca), "--tls-auth-clients",
            "yes" if asks_clients else "no")

    def tls_url(self, host="127.0.0.1"):
        return f"rediss://:{REDIS_PASSWORD}@{host}:{self.tls_port}/0"


class Sentinel(Process):
    """One sentinel of `shop`, quick to give a master up."""

    def __init__(self, master_port):
        super().__init__()
        self.port = free_port()
        settings = self.folder / "sentinel.conf"   # The sentinel writes to it.
        settings.write_text(f"""
port {self.port}
bind 127.0.0.1
dir {self.folder}
sentinel monitor {SentinelRedis.NAME} 127.0.0.1 {master_port} 2
sentinel auth-pass {SentinelRedis.NAME} {REDIS_PASSWORD}
sentinel down-after-milliseconds {SentinelRedis.NAME} 1000
sentinel failover-timeout {SentinelRedis.NAME} 3000
""")
        self.spawn([program("redis-server"), settings, "--sentinel"])

    def ask(self, *words):
        """By redis-cli: a sentinel has no password here."""
        done = subprocess.run([program("redis-cli"), "-e", "-p", str(self.port), *words], text=True,
                              capture_output=True, timeout=10)
        assert done.returncode == 0, f"redis-cli {words}: {done.stdout}{done.stderr}"
        return done.stdout

    def knows_all(self):
        """Whether it has found the replica and both other sentinels."""
        self.assert_running()
        state = re.findall(r"status=ok,address=\S+,slaves=1,sentinels=3", self.ask("INFO"))
        return len(state) == 1


class SentinelRedis:
    """A master, its replica, and three sentinels that agree on it."""

    NAME = "shop"

    def __init__(self):
        self._opened = contextlib.ExitStack()
        self.master = RedisServer("--repl-diskless-sync-delay", 0)
        self._opened.callback(self.master.close)
        self.replica = replica_of(self.master, "--repl-diskless-sync-delay", 0)
        self._opened.callback(self.replica.close)
        self.sentinels = []
        for _ in range(3):
            self.sentinels.append(Sentinel(self.master.port))
            self._opened.callback(self.sentinels[-1].close)
        eventually(lambda: all(one.knows_all() for one in self.sentinels), 30,
                   "the sentinels know each other")

    def url(self):
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in self.sentinels)
        return f"redis-sentinel://:{REDIS_PASSWORD}@{hosts}/0?sentinelMasterId={self.NAME}"

    def close(self):
        self._opened.close()
