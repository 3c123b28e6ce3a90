"""The Compose file: its parts fit together, and it works with real servers for its images."""

import re
import subprocess

import pytest
import yaml

from support.exporter import environment
from support.processes import ROOT, Process, free_port, program

FOLDER = ROOT / "packaging/compose"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]


def mounts():
    """Every (service, source, target) but the named volumes."""
    for name, service in SERVICES.items():
        for volume in service.get("volumes", ()):
            source, target = volume.split(":")[:2]
            if source not in COMPOSE["volumes"]:
                yield name, (FOLDER / source).resolve(), target


def target_of(service, path):
    """The path in the container of what is mounted from here."""
    return next(target for name, source, target in mounts() if (name, source) == (service, path))


def test_what_is_mounted_is_in_the_tree():
    # Nobody may write into the tree, and the rules and the dashboards have their own tests.
    elsewhere = {ROOT / "alerts", ROOT / "alerts/alertmanager.yaml", ROOT / "dashboards"}
    assert {source for _, source, _ in mounts()} - elsewhere == \
        {source for _, source, _ in mounts() if source.exists()} - elsewhere
    assert {source for _, source, _ in mounts()} >= elsewhere
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            assert volume.endswith(":ro") or volume.split(":")[0] in COMPOSE["volumes"], volume


def test_the_ports_are_open_to_this_host_alone():
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_prometheus_takes_its_configuration_and_every_rule_but_alertmanagers(tmp_path):
    names = {"application.yaml", "postgres.yaml", "slo.yaml"}
    rules = tmp_path / "rules"
    rules.mkdir()
    for name in names:
        (rules / name).write_text(
            "groups: [{name: a, rules: [{alert: A, expr: up == 0}]}]")
    (rules / "alertmanager.yaml").write_text("route: {receiver: a}\nreceivers: [{name: a}]")
    path = tmp_path / "prometheus.yml"
    path.write_text((FOLDER / "prometheus.yml").read_text())
    done = subprocess.run([program("promtool"), "check", "config", path], text=True,
                          capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr
    checked = set(re.findall(r"Checking \S*/rules/(\S+)", done.stdout))
    assert checked == names


def test_prometheus_and_grafana_read_what_is_mounted():
    prometheus = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    configuration = target_of("prometheus", FOLDER / "prometheus.yml")
    assert f"--config.file={configuration}" in SERVICES["prometheus"]["command"]
    rules = target_of("prometheus", ROOT / "alerts")
    for pattern in prometheus["rule_files"]:
        assert f"{configuration.rpartition('/')[0]}/{pattern}".startswith(rules + "/")
    assert any(word.startswith("--storage.tsdb.retention.time=")
               for word in SERVICES["prometheus"]["command"])

    provider, = yaml.safe_load(
        (FOLDER / "grafana/dashboards/sidecar-exporter.yaml").read_text())["providers"]
    assert provider["options"]["path"] == target_of("grafana", ROOT / "dashboards")
    source, = yaml.safe_load(
        (FOLDER / "grafana/datasources/prometheus.yaml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"

    named = [*prometheus["scrape_configs"], *prometheus["alerting"]["alertmanagers"]]
    targets = {target for job in named for group in job["static_configs"]
               for target in group["targets"]}
    assert {target.partition(":")[0] for target in targets} <= set(SERVICES)


class PgBouncer(Process):
    """A pgbouncer with the files of the Compose file, on a free port of loopback."""

    def __init__(self, postgres):
        super().__init__()
        self.port = free_port()
        users = self.folder / "users.txt"
        users.write_text((FOLDER / "users.txt").read_text())
        text = (FOLDER / "pgbouncer.ini").read_text()
        for old, new in (("host=postgres port=5432", f"host=127.0.0.1 port={postgres.port}"),
                         ("listen_addr = *", "listen_addr = 127.0.0.1"),
                         ("listen_port = 6432", f"listen_port = {self.port}"),
                         (target_of("pgbouncer", FOLDER / "users.txt"), str(users))):
            assert old in text
            text = text.replace(old, new)
        path = self.folder / "pgbouncer.ini"
        path.write_text(text)
        self.spawn([program("pgbouncer", "usr/sbin/pgbouncer"), path], user=postgres.user)


class Celery(Process):
    """The worker, started as its image starts it."""

    def __init__(self, variables):
        super().__init__()
        entry = re.search(r"AS celery\n.*?ENTRYPOINT \[(.*?)\]\n",
                          (FOLDER / "Dockerfile").read_text(), re.DOTALL)[1]
        words = [word.replace("/tmp", str(self.folder))
                 for word in re.findall(r'"([^"]*)"', entry)]
        self.spawn(words, cwd=FOLDER, env={**environment(variables), "PYTHONPATH": "",
                                           "PYTHONDONTWRITEBYTECODE": "1"})


@pytest.fixture
def shop(own_postgres, own_redis):
    """All services that the exporter reads; yields the addresses in place of the names."""
    own_postgres.sql("ALTER ROLE shop PASSWORD 'demo'; ALTER ROLE exporter PASSWORD 'demo'")
    bouncer = PgBouncer(own_postgres)
    places = {"@postgres/": f"@127.0.0.1:{own_postgres.port}/",
              "@pgbouncer:6432/": f"@127.0.0.1:{bouncer.port}/",
              "//redis:6379/": own_redis.url().removeprefix("redis:").removesuffix("0")}
    worker = Celery(variables_of("celery", places))
    yield places
    worker.close()
    bouncer.close()


def variables_of(service, places):
    found = dict(SERVICES[service]["environment"])
    for key in found:
        for name, address in places.items():
            found[key] = found[key].replace(name, address)
        assert "127.0.0.1" in found[key], f"{key} names a service that the test does not have"
    return found


def test_every_collector_succeeds_and_the_application_works(shop, start_exporter):
    exporter = start_exporter(FOLDER / "exporter.yaml", env=variables_of("exporter", shop))

    def all_works(page):
        up = [value for _, value in page.series("exporter_collector_up")]
        orders = [value for _, value in
                  page.series("celery_task_succeeded_total", name="shop.order")]
        return (len(up) == 6 and all(up) and page.value("pgbouncer_up") == 1
                and sum(orders) >= 2
                and page.value("celery_active_worker_count", queue_name="celery") == 1
                and page.value("db_pool_size", pool="shop") == 10)

    exporter.await_page(all_works, 60, "every collector succeeds, and orders are taken")
