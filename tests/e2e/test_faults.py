"""What the page says, and how soon, when a backend fails in each way known to us."""

import dataclasses
import statistics
import time

import pytest

from support.faults import Fault, FaultProxy
from support.servers import POSTGRES_PASSWORD, REDIS_PASSWORD, WRONG_PASSWORD
from support.waiting import eventually

INTERVAL = 1.0
TIMEOUT = 0.5
FAILS_WITHIN = INTERVAL + TIMEOUT + 1
RECOVERS_WITHIN = INTERVAL + 1
# A statement that takes the whole timeout is paid for with ten seconds (max_db_time); one that a
# stopped server did not answer is not.
UNPAID_WITHIN = 8
MAX_DB_TIME = 0.05

CONFIG = """
global: {{interval: 1s, timeout: 500ms}}
collectors:
  - {{type: redis, url: "{redis}"}}
  - type: queue
    url: "{redis}"
    queues: [{{name: emails, system: redis_list, key: "queue:emails"}}]
  - {{type: postgres, dsn: "{postgres}"}}
  - type: db_pool
    dsn: "{postgres}"
    pools: [{{name: web, application_name: "shop-web%"}}]
  - type: sql
    dsn: "{postgres}"
    counts:
      - {{metric: users_total, table: users}}
      - {{metric: tasks_open, table: tasks, where: "status <> 'COMPLETED'"}}
      - {{metric: extra_rows, table: "{table}"}}
"""

COLLECTORS = {"redis": ["redis", "queue"], "postgres": ["postgres", "db_pool", "sql"]}
UP = {"redis": "redis_up", "postgres": "pg_up"}


def errors_of(page, collector):
    """What was counted instead, for the message of a failure."""
    return f"{collector}: " + str({
        labels["reason"]: value for labels, value in
        page.series("exporter_collector_errors_total", collector=collector) if value})


@dataclasses.dataclass
class Stage:
    """One system under fault, and the other one unharmed."""

    system: str
    server: object
    other: object     # the server of the other system
    port: int         # where the exporter finds the system
    start_exporter: object
    exporter: object = None

    def start(self, table="sessions", **login):
        """Starts the exporter; the login is the faulty system's."""
        urls = {self.system: self.server.url(port=self.port, **login)}
        other = "postgres" if self.system == "redis" else "redis"
        urls[other] = self.other.url()
        self.exporter = self.start_exporter(CONFIG.format(table=table, **urls))
        return self.exporter

    def start_healthy(self):
        self.start()
        self.exporter.await_page(self.is_whole, 30, "all is well before the fault")

    @property
    def victims(self):
        return COLLECTORS[self.system]

    def is_up(self, page):
        return page.value(UP[self.system]) == 1 and all(page.up(name) == 1 for name in self.victims)

    def is_whole(self, page):
        for name in self.victims:
            failed = page.value("exporter_collector_failed_parts", collector=name)
            assert failed == 0, f"{name}: {failed:.0f} parts fail"
        return self.is_up(page)

    def assert_fails(self, reason):
        """From now, each victim is shown as failed for this reason in time."""
        def failed(page):
            assert page.value(UP[self.system]) == 0
            for name in self.victims:
                assert page.up(name) == 0, name
                assert page.errors(name, reason) > 0, errors_of(page, name)
            return True

        self.exporter.await_page(failed, FAILS_WITHIN, f"{self.victims} fail: {reason}")

    def assert_recovers(self):
        """And measures again: a server that stood still has cost nothing that is to be paid for."""
        self.exporter.await_page(self.is_up, RECOVERS_WITHIN, f"{self.victims} are up again")
        took = self.exporter.await_page(self.is_whole, 60, f"{self.victims} are whole again")
        # What a busy machine made slow is paid for all the same.
        owed = max((value for _, value in self.exporter.page().series(
            "exporter_db_time_seconds_total")), default=0) / MAX_DB_TIME
        assert took < UNPAID_WITHIN + owed

    def assert_others_go_on(self):
        before = self.exporter.page()
        others = [name for system, names in COLLECTORS.items() if system != self.system
                  for name in names]

        def went_on(page):
            return all(page.up(name) == 1 and page.successes(name) >= before.successes(name) + 2
                       for name in others)

        self.exporter.await_page(went_on, 2 * INTERVAL + 1, f"{others} go on")

    def assert_scrapes_are_fast(self):
        """A scrape takes less than 10 ms, a new connection included.

        Of fifty the quickest tenth: machines that run this are busy with other work, and a scrape
        that waited for a backend would be slow each time.
        """
        def timed():
            start = time.monotonic()
            self.exporter.get("/metrics")
            return time.monotonic() - start

        assert statistics.quantiles((timed() for _ in range(50)), n=10)[0] < 0.010


@pytest.fixture(params=COLLECTORS)
def stage(request, start_exporter):
    system = request.param
    server = request.getfixturevalue("own_" + system)
    other = request.getfixturevalue("postgres" if system == "redis" else "redis")
    return Stage(system, server, other, server.port, start_exporter)


@pytest.fixture
def proxy(stage):
    """Between the exporter and the faulty system."""
    with FaultProxy(stage.server.port) as between:
        stage.port = between.port
        yield between


def test_a_stopped_server_costs_its_own_collectors_only(stage):
    stage.start_healthy()
    stage.server.pause()
    stage.assert_fails("timeout")
    stage.assert_scrapes_are_fast()
    stage.assert_others_go_on()
    stage.server.resume()
    stage.assert_recovers()


def test_a_server_that_was_killed_is_found_again(stage):
    stage.start_healthy()
    stage.server.kill()
    stage.assert_fails("connect")
    stage.assert_others_go_on()
    stage.server.restart_after_kill()
    stage.assert_recovers()


def test_a_server_that_is_down_at_start_is_no_error_of_the_exporter(stage):
    stage.server.kill()
    stage.start()
    stage.assert_fails("connect")
    stage.server.restart_after_kill()
    stage.assert_recovers()


@pytest.mark.parametrize("fault, reason", [(Fault.MUTE, "timeout"), (Fault.DRIP, "timeout"),
                                           (Fault.RESET, "connect")])
def test_a_fault_of_an_open_connection_ends_with_it(stage, proxy, fault, reason):
    stage.start_healthy()
    proxy.fault = fault
    stage.assert_fails(reason)
    stage.assert_scrapes_are_fast()
    stage.assert_others_go_on()
    proxy.fault = Fault.NONE
    stage.assert_recovers()


@pytest.mark.parametrize("fault, reason", [(Fault.MUTE, "timeout"), (Fault.DRIP, "timeout"),
                                           (Fault.RESET, "connect")])
def test_a_fault_from_the_first_connection_on_does_not_delay_readiness(stage, proxy, fault, reason):
    proxy.fault = fault
    start = time.monotonic()
    stage.start()
    assert time.monotonic() - start < FAILS_WITHIN
    stage.assert_fails(reason)
    proxy.fault = Fault.NONE
    stage.assert_recovers()


def test_a_wrong_password_is_reason_auth_and_is_never_shown(stage):
    stage.start(password=WRONG_PASSWORD)   # start_exporter looks for it in log and page
    stage.assert_fails("auth")
    stage.assert_others_go_on()


def test_redis_that_refuses_a_command_is_reason_permission(start_exporter, own_redis, postgres):
    own_redis.command("ACL", "SETUSER", "weak", "on", f">{REDIS_PASSWORD}", "~*", "-@all", "+ping")
    exporter = start_exporter(CONFIG.format(redis=own_redis.url(user="weak"),
                                            postgres=postgres.url(), table="sessions"))
    exporter.await_page(lambda page: page.errors("redis", "permission") > 0
                        and page.errors("queue", "permission") > 0, FAILS_WITHIN, "permission")


def part_fails(page, reason):
    """One metric of the sql collector failed for this reason, and only that one."""
    assert page.up("sql") == 1
    assert page.value("exporter_collector_failed_parts", collector="sql") == 1
    assert page.errors("sql", reason) > 0, errors_of(page, "sql")
    assert page.value("users_total") == 1200
    return True


def test_a_missing_table_costs_its_own_metric_only(start_exporter, postgres, redis):
    exporter = start_exporter(CONFIG.format(redis=redis.url(), postgres=postgres.url(),
                                            table="no_such_table"))
    exporter.await_page(lambda page: part_fails(page, "missing"), FAILS_WITHIN, "reason missing")
    page = exporter.page()
    assert page.value("tasks_open") > 0
    assert not page.has("extra_rows")


def test_a_table_without_a_grant_costs_its_own_metric_only(start_exporter, postgres, redis):
    postgres.sql("CREATE TABLE IF NOT EXISTS private_notes (id int)")
    exporter = start_exporter(CONFIG.format(redis=redis.url(), postgres=postgres.url(),
                                            table="private_notes"))
    exporter.await_page(lambda page: part_fails(page, "permission"), FAILS_WITHIN, "permission")
    assert not exporter.page().has("extra_rows")


def test_a_role_that_may_not_see_states_is_reason_permission_and_never_idle(
        start_exporter, own_postgres, redis):
    own_postgres.sql(f"CREATE ROLE weak LOGIN PASSWORD '{POSTGRES_PASSWORD}'")
    with own_postgres.client("shop-web", "BEGIN", "SELECT 1"):
        exporter = start_exporter(CONFIG.format(
            redis=redis.url(), postgres=own_postgres.url(user="weak"), table="sessions"))
        exporter.await_page(lambda page: page.errors("db_pool", "permission") > 0, FAILS_WITHIN,
                            "reason permission")
        page = exporter.page()
        assert not page.has("db_pool_idle") or page.value("db_pool_idle", pool="web") == 0


def test_a_locked_table_costs_its_own_metric_only_and_for_as_long_as_the_lock(
        start_exporter, own_postgres, redis):
    own_postgres.sql("CREATE TABLE locked (id int);"
                     "GRANT SELECT ON locked TO exporter; GRANT ALL ON locked TO shop")
    exporter = start_exporter(CONFIG.format(redis=redis.url(), postgres=own_postgres.url(),
                                            table="locked"))
    exporter.await_page(lambda page: page.has("extra_rows"), 5, "a first good run")
    with own_postgres.client("shop-web", "BEGIN", "LOCK TABLE locked IN ACCESS EXCLUSIVE MODE"):
        exporter.await_page(lambda page: part_fails(page, "timeout"), FAILS_WITHIN, "locked")
        before = exporter.page().successes("postgres")
        exporter.await_page(lambda page: page.successes("postgres") > before, INTERVAL + 1,
                            "the postgres collector goes on")
    exporter.await_page(
        lambda page: page.value("exporter_collector_failed_parts", collector="sql") == 0,
        RECOVERS_WITHIN, "the lock is gone")


def test_a_statement_that_timed_out_does_not_go_on_at_the_server(start_exporter, own_postgres):
    own_postgres.sql("CREATE FUNCTION slow() RETURNS int LANGUAGE sql VOLATILE AS"
                     " $$ SELECT 1 FROM pg_sleep(30) $$;"
                     "CREATE VIEW slow_view AS SELECT slow() AS id;"
                     "GRANT SELECT ON slow_view TO exporter")
    exporter = start_exporter(f"""
global: {{interval: 1s, timeout: 500ms}}
collectors:
  - type: sql
    dsn: "{own_postgres.url()}"
    queries:
      - sql: SELECT id FROM slow_view
        metrics: [{{name: slow_rows, type: gauge, value: id}}]
""")
    exporter.await_page(lambda page: page.errors("sql", "timeout") > 0, FAILS_WITHIN, "a timeout")
    exporter.stop()
    eventually(lambda: own_postgres.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%slow_view%'"
        " AND state = 'active' AND pid <> pg_backend_pid()") == [["0"]], 3, "no statement is left")
