"""All that an exporter can watch, at once and real: for rules that are to find their series."""

import contextlib
import re

import prometheus_client as client
import yaml

from .celery_app import DEBIAN, CeleryApp
from .pgbouncer import PgBouncer
from .postgres_versions import Replica
from .processes import ROOT, free_port
from .queue_apps import App
from .redis_cluster import RedisCluster
from .redis_servers import BusyRedis, RedisServer
from .servers import Postgres, Redis

EXAMPLES = ROOT / "configs/examples"
# Those with business tables that rules of alerts/business.yaml are for.
BUSINESS = ("tasks", "storage", "tenant_usage")

CONFIG = """
global: {{interval: 1s, timeout: 900ms}}
collectors:
  - type: postgres
    name: primary
    dsn: "{postgres}"
    labels: {{target: primary}}
    max_db_time: 100%
    parts: {{database_wraparound: true}}
  - {{type: postgres, name: replica, dsn: "{replica}", labels: {{target: replica}},
      max_db_time: 100%}}
  - {{type: pgbouncer, dsn: "{pgbouncer}"}}
  - {{type: db_pool, name: pools, dsn: "{postgres}", max_db_time: 100%, pools: [
      {{name: web, application_name: "shop-web%", size: 20, max_overflow: 10}}]}}
  - {{type: db_pool, name: bouncer_pool, dsn: "{pgbouncer}", pools: [
      {{name: bouncer, database: shop}}]}}
  - {{type: redis, name: cache, url: "{redis}", labels: {{target: cache}}}}
  - {{type: redis, name: cache_replica, url: "{redis_replica}", labels: {{target: replica}}}}
  - {{type: redis, name: cluster, url: "{cluster}", cluster: true, labels: {{target: cluster}}}}
  - {{type: queue, url: "{queues}", discover: [rq], queues: [
      {{name: mails.dlq, system: redis_list, key: "mails:dead"}}]}}
  - {{type: celery, url: "{celery}", queues: [{{name: orders, expected_workers: 1}}]}}
"""


class Stack:
    """Servers, queues, workers and an application. close() ends all of them.

    `config` is the exporter's; the application's own metrics are at 127.0.0.1:`app_port`.
    """

    def __init__(self):
        self._opened = contextlib.ExitStack()
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def close(self):
        self._opened.close()

    def _closed(self, server):
        self._opened.callback(server.close)
        return server

    def _start(self):
        self.postgres = self._closed(Postgres())
        replica = self._closed(Replica(self.postgres))
        self.bouncer = self._closed(PgBouncer(self.postgres))
        for server in (self.postgres, self.bouncer):
            self._opened.enter_context(server.client("shop-web", "SELECT 1"))
        redis = self._closed(BusyRedis())
        self.redis = redis.primary
        cluster = self._closed(RedisCluster())
        queues = self._closed(Redis())
        self.jobs = self._closed(App(queues, "rq_app.py"))
        self._work_off(queues)
        broker = self._closed(RedisServer())
        self.celery = self._closed(CeleryApp(DEBIAN, broker.url()))
        self.worker = self.celery.worker("w1@box", ["orders"])
        config = yaml.safe_load(CONFIG.format(
            postgres=self.postgres.url(), replica=replica.url(), pgbouncer=self.bouncer.url(),
            redis=redis.primary.url(), redis_replica=redis.replica.url(), cluster=cluster.url(),
            queues=queues.url(), celery=broker.url()))
        config["collectors"] += [*map(self._business, BUSINESS), self._tenants()]
        self.config = yaml.safe_dump(config)
        self.app_port = free_port()
        self._serve_application()

    def _work_off(self, redis):
        """Jobs of RQ that are done, one that failed and some whose time is to come."""
        self.jobs.run("put")
        redis.command("RPUSH", "gate", 1)
        self.jobs.run("burst", "mails", "broken", "slow")

    def run_tasks(self):
        """A task of each end that a rule looks at. The exporter has to listen already."""
        self.celery.send("add", 1, 2)
        self.celery.send("boom", "ValueError")
        self.celery.send("slow", time_limit=1)

    def _business(self, name):
        """The collector of an example, on a database with the tables that it wants."""
        database = f"example_{name}"
        self.postgres.sql(f"CREATE DATABASE {database}", database="postgres")
        text = (EXAMPLES / f"{name}.yaml").read_text()
        self.postgres.sql((ROOT / f"tests/data/schemas/{name}.sql").read_text(), database)
        # One leads, as it has no rival: so its leadership is seen, too.
        return {**self._collector(text, database), "singleton": name == "tasks"}

    def _tenants(self):
        text = (EXAMPLES / "tenant_databases.yaml").read_text()
        self.postgres.sql("CREATE DATABASE tenant_1", database="postgres")
        table, = re.findall(r"^#   (CREATE TABLE .*;)$", text, re.MULTILINE)
        self.postgres.sql(table + "INSERT INTO orders VALUES (1, 'new', now())", "tenant_1")
        return self._collector(text, "tenant_1")

    def _collector(self, text, database):
        grant, = re.findall(r"^#   (GRANT .*;)$", text, re.MULTILINE)
        self.postgres.sql(grant, database)
        url = self.postgres.url(database=database)
        collector, = yaml.safe_load(text.replace("${DATABASE_URL}", url))["collectors"]
        return {**collector, "interval": "5s", "timeout": "5s", "max_db_time": "100%"}

    def _serve_application(self):
        """Metrics by the library that applications use, under the names of application.yaml."""
        registry = client.CollectorRegistry()
        requests = client.Counter("http_requests", "Requests.", ["method", "endpoint", "status"],
                                  registry=registry)
        for status in ("200", "500"):
            requests.labels("GET", "/tasks", status).inc()
        client.Histogram("http_request_duration_seconds", "Duration of requests.",
                         ["method", "endpoint"], registry=registry).labels("GET", "/tasks").observe(
                             0.1)
        client.Counter("agent_requests", "Requests to agents.", ["agent", "status"],
                       registry=registry).labels("writer", "success").inc()
        client.Histogram("agent_execution_duration_seconds", "Duration of executions.", ["agent"],
                         registry=registry).labels("writer").observe(1)
        for name in ("tasks_created", "tasks_completed"):
            client.Counter(name, "Tasks.", ["organization_id"], registry=registry).labels("7").inc()
        self.application = client.generate_latest(registry).decode()
        client.start_http_server(self.app_port, "127.0.0.1", registry)
