"""Real servers, each private to the test that started it, on loopback."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from .processes import ROOT, Process, free_port, program
from .waiting import eventually

# Every password that a test gives to the exporter. None may ever be in a log
# or on a page: the exporter fixture looks for them.
POSTGRES_PASSWORD = "pg-s3cret-41b7"
MARIADB_PASSWORD = "my-s3cret-5c08"
REDIS_PASSWORD = "redis-s3cret-8d2e"
RABBITMQ_PASSWORD = "rabbit-s3cret-3f61"
WRONG_PASSWORD = "wr0ng-s3cret-77aa"
SECRETS = (POSTGRES_PASSWORD, MARIADB_PASSWORD, REDIS_PASSWORD, RABBITMQ_PASSWORD,
           WRONG_PASSWORD)


class Postgres(Process):
    """A PostgreSQL server with the demo application's schema, without traffic."""

    DEBIAN = "usr/lib/postgresql/*/bin"

    def __init__(self, settings=(), programs=DEBIAN):
        """Settings as "max_connections=12"; `programs` is the pattern of a folder below / with
        initdb and postgres."""
        super().__init__()
        self.settings = settings
        self.port = free_port()
        self.user = "postgres" if os.geteuid() == 0 else None
        self.cluster = self.folder / "cluster"
        if self.user:
            shutil.chown(self.folder, self.user)
        self.server = program("postgres", programs + "/postgres")
        self.psql = program("psql", self.DEBIAN + "/psql")
        self._make_cluster(programs)
        self.start()
        self._fill()

    def _make_cluster(self, programs):
        self._run([program("initdb", programs + "/initdb"), "-D", self.cluster, "-U", "postgres",
                   "-E", "UTF8", "--locale=C.UTF-8", "--auth-local=trust",
                   "--auth-host=scram-sha-256", "--no-sync"])

    def _fill(self):
        self.sql("CREATE DATABASE shop", database="postgres")
        self._psql("shop", (ROOT / "scripts/demo/schema.sql").read_text())

    def _run(self, command, text=None):
        environment = {**os.environ, "EXPORTER_PASSWORD": POSTGRES_PASSWORD,
                       "SHOP_PASSWORD": POSTGRES_PASSWORD, "PGCONNECT_TIMEOUT": "5"}
        done = subprocess.run([str(word) for word in command], input=text, text=True, timeout=60,
                              capture_output=True, user=self.user, group=self.user,
                              cwd=self.folder, env=environment)
        assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
        return done.stdout

    def _psql(self, database, text, *options):
        return self._run([self.psql, "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", self.folder,
                          "-p", self.port, "-U", "postgres", "-d", database, *options], text)

    def start(self):
        self.spawn([self.server, "-D", self.cluster, "-p", self.port,
                    "-c", "listen_addresses=127.0.0.1",
                    "-c", f"unix_socket_directories={self.folder}",
                    "-c", "fsync=off", "-c", "shared_buffers=32MB",
                    *(word for setting in self.settings for word in ("-c", setting))],
                   user=self.user)
        eventually(self._answers, 30, "PostgreSQL answers")

    def _answers(self):
        self.assert_running()
        self.sql("SELECT 1", database="postgres")
        return True

    def restart_after_kill(self):
        """Starts again after kill(): what a crash leaves behind is not ours to wait for."""
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        self.start()

    def sql(self, text, database="shop"):
        """Runs SQL as the superuser; returns the rows as lists of strings."""
        # Not splitlines(): a value may hold U+2028.
        return [line.split("|") for line in self._psql(database, text).split("\n")[:-1]]

    def url(self, user="exporter", password=POSTGRES_PASSWORD, port=None, database="shop"):
        return f"postgresql://{user}:{password}@127.0.0.1:{port or self.port}/{database}"

    def socket_url(self, user="exporter", database="shop"):
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def use_tls(self, certificate, key):
        """Takes TLS too from now on."""
        for setting, path in (("ssl_cert_file", certificate), ("ssl_key_file", key)):
            copy = pathlib.Path(shutil.copy(path, self.folder))
            if self.user:
                shutil.chown(copy, self.user)
            copy.chmod(0o600)
            self.sql(f"ALTER SYSTEM SET {setting} = '{copy}'")
        self.sql("ALTER SYSTEM SET ssl = on")
        self.sql("SELECT pg_reload_conf()")

    def client(self, application_name, *statements):
        """A connection of the application that ran the statements and then stays open."""
        return PostgresClient(self, application_name, statements)


class PostgresClient:
    """An open psql session. Use it in a `with`."""

    def __init__(self, server, application_name, statements, database="shop"):
        self.psql = subprocess.Popen(
            [server.psql, "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
             "-p", str(server.port), "-U", "shop", "-d", database],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "PGPASSWORD": POSTGRES_PASSWORD, "PGAPPNAME": application_name})
        self.run(*statements)

    def run(self, *statements):
        """Runs the statements and waits until they are done."""
        self.send(*statements, r"\echo done")
        printed = []
        for line in self.psql.stdout:
            if line.strip() == "done":
                return
            printed.append(line)
        raise AssertionError(f"psql ended: {printed}")

    def send(self, *statements):
        """Sends the statements and does not wait: one of them may block."""
        for statement in statements:
            self.psql.stdin.write(statement + ("\n" if statement.startswith("\\") else ";\n"))
        self.psql.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.psql.kill()
        self.psql.wait(10)
        self.psql.stdin.close()
        self.psql.stdout.close()


class Redis(Process):
    """A Redis server with the demo application's keys, without traffic."""

    def __init__(self):
        super().__init__()
        self.port = free_port()
        self.start()

    def start(self):
        settings = self.folder / "redis.conf"
        settings.write_text(f"requirepass {REDIS_PASSWORD}\n")
        self.spawn([program("redis-server"), settings, "--bind", "127.0.0.1", "--port", self.port,
                    "--dir", self.folder, "--save", "", "--appendonly", "no"])
        eventually(self._answers, 10, "Redis answers")
        self._cli("--eval", ROOT / "scripts/demo/redis.lua")

    def _answers(self):
        self.assert_running()
        return self.command("PING") == "PONG"

    restart_after_kill = start

    def _cli(self, *words):
        done = subprocess.run(
            [program("redis-cli"), "-e", "-p", str(self.port), *map(str, words)], text=True,
            timeout=10, capture_output=True, env={**os.environ, "REDISCLI_AUTH": REDIS_PASSWORD})
        assert done.returncode == 0, f"redis-cli {words}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def command(self, *words):
        return self._cli(*words)

    def url(self, user="", password=REDIS_PASSWORD, port=None):
        return f"redis://{user}:{password}@127.0.0.1:{port or self.port}/0"


class Prometheus(Process):
    """A Prometheus server that scrapes one target every second; each path is a job's name.

    `others` are more targets, by their job; `rules` are files that it evaluates every second.
    """

    def __init__(self, target, paths=("/metrics",), others=None, rules=()):
        super().__init__()
        self.port = free_port()
        settings = self.folder / "prometheus.yml"
        jobs = [(path, path, target) for path in paths]
        jobs += [(job, "/metrics", other) for job, other in (others or {}).items()]
        settings.write_text(f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: {json.dumps(list(map(str, rules)))}
scrape_configs:
""" + "".join(f"""
  - job_name: {job}
    metrics_path: {path}
    static_configs: [{{targets: ['{where}']}}]
""" for job, path, where in jobs))
        self.spawn([program("prometheus"), f"--config.file={settings}",
                    f"--storage.tsdb.path={self.folder / 'tsdb'}", "--log.level=warn",
                    f"--web.listen-address=127.0.0.1:{self.port}"])
        eventually(self._answers, 30, "Prometheus is ready")

    def _get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.read()

    def _answers(self):
        self.assert_running()
        try:
            return bool(self._get("/-/ready"))
        except (urllib.error.URLError, ConnectionError):
            return False

    def query(self, expression):
        """The result vector of an instant query."""
        query = urllib.parse.urlencode({"query": expression})
        return json.loads(self._get(f"/api/v1/query?{query}"))["data"]["result"]

    def rules(self):
        """Each rule with its health, its last error and, of an alert, its state."""
        groups = json.loads(self._get("/api/v1/rules"))["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def metadata(self, job):
        """The type of each family that a job's target has."""
        query = urllib.parse.urlencode({"match_target": f'{{job="{job}"}}'})
        rows = json.loads(self._get(f"/api/v1/targets/metadata?{query}"))["data"]
        return {row["metric"]: row["type"] for row in rows}

    def target(self):
        """The one target, with its health and its last error; empty before it is known."""
        targets = json.loads(self._get("/api/v1/targets"))["data"]["activeTargets"]
        return targets[0] if targets else {}

    def close(self):
        self.stop(signal.SIGTERM)
        super().close()
