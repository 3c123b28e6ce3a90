"""The examples for business tables, each on a database with the schema that it names."""

import re
import time

import pytest

from support.exporter import run
from support.page import Page
from support.processes import ROOT

EXAMPLES = ROOT / "configs/examples"
SCHEMAS = ROOT / "tests/data/schemas"


@pytest.fixture
def page_of(postgres, tmp_path):
    """Collects once with an example, from a database that its schema fills."""
    made = []

    def collected(name):
        postgres.sql(f"CREATE DATABASE {name}", database="postgres")
        made.append(name)
        schema = (SCHEMAS / f"{name}.sql").read_text()
        postgres.sql(schema, database=name)
        text = (EXAMPLES / f"{name}.yaml").read_text()
        # The example says itself what it needs: that and nothing more is granted.
        grant, = re.findall(r"^#   (GRANT .*;)$", text, re.MULTILINE)
        postgres.sql(grant, database=name)
        return collect(text.replace("${DATABASE_URL}", postgres.url(database=name)))

    def collect(text):
        path = tmp_path / "exporter.yaml"
        path.write_text(text)
        done = run("collect", "--config", path)
        assert done.returncode == 0, done.stderr
        return Page(done.stdout)

    yield collected
    for name in made:
        postgres.sql(f"DROP DATABASE {name} WITH (FORCE)", database="postgres")


def by(page, metric, *labels):
    """The samples of a metric by their labels' values."""
    return {tuple(have[label] for label in labels): value
            for have, value in page.series(metric)}


def test_the_schema_of_an_example_is_the_one_that_its_test_fills():
    for schema in sorted(SCHEMAS.glob("*.sql")):
        example = (EXAMPLES / f"{schema.stem}.yaml").read_text()
        shown = re.sub(r"\s+", " ", re.sub(r"^#", "", example, flags=re.MULTILINE))
        tables = re.findall(r"CREATE TABLE .*?;", schema.read_text(), re.DOTALL)
        assert tables
        for table in tables:
            assert re.sub(r"\s+", " ", table) in shown, table


def test_daily_rollups_of_tenants(page_of):
    page = page_of("tenant_usage")
    assert by(page, "tenant_tokens_today", "tenant_id") == {
        ("1",): 1000, ("2",): 2000, ("3",): 3000}
    assert by(page, "tenant_failures_today", "tenant_id") == {("1",): 0, ("2",): 1, ("3",): 2}
    assert by(page, "tenant_request_duration_seconds", "tenant_id") == {
        ("1",): 0.25, ("2",): 0.5}, "a tenant without a finished request has no duration"
    assert page.value("tenants_with_usage") == 3
    assert time.time() - page.value("tenant_usage_newest_day_timestamp_seconds") < 2 * 86400


def test_users_keys_and_sessions(page_of):
    page = page_of("accounts")
    values = {name: page.value(name) for name in (
        "users_total", "users_active", "users_new_day", "api_keys_active", "api_keys_expiring",
        "sessions_active")}
    assert values == {"users_total": 100, "users_active": 75, "users_new_day": 12,
                      "api_keys_active": 70, "api_keys_expiring": 10, "sessions_active": 70}


def test_tasks_by_organization_status_and_priority(page_of, postgres):
    page = page_of("tasks")

    def truth(select):
        rows = postgres.sql(select, database="tasks")
        return {tuple(row[:-1]): float(row[-1]) for row in rows}

    assert by(page, "tasks_by_status", "organization_id", "status") == truth(
        "SELECT organization_id, status, count(*) FROM tasks GROUP BY 1, 2")
    assert by(page, "tasks_open", "organization_id", "priority") == truth(
        "SELECT organization_id, priority, count(*) FROM tasks WHERE status <> 'COMPLETED'"
        " GROUP BY 1, 2")
    overdue = by(page, "tasks_overdue", "organization_id", "priority")
    assert overdue == truth(
        "SELECT organization_id, priority, count(*) FILTER (WHERE due_at < now()"
        " AND status <> 'COMPLETED') FROM tasks GROUP BY 1, 2")
    assert 0 < sum(overdue.values()) < 500
    assert set(by(page, "tasks_oldest_pending_age_seconds", "organization_id"))
    durations = "tasks_finished_hour_duration_seconds"
    assert by(page, durations + "_bucket", "le") == {
        ("1",): 0, ("10",): 3, ("60",): 7, ("600",): 10, ("3600",): 10, ("+Inf",): 10}
    assert page.value(durations + "_count") == 10
    assert page.value(durations + "_sum") == 3 * 5 + 4 * 50 + 3 * 500


def test_active_and_concurrent_users(page_of):
    page = page_of("active_users")
    assert by(page, "users_active", "window") == {("day",): 1, ("week",): 7, ("month",): 30}
    assert by(page, "organization_users", "organization_id") == {("0",): 30, ("1",): 30}
    # User n + 1 has the connections n and n + 10; 4 is silent, 5 has closed both.
    assert by(page, "organization_users_concurrent", "organization_id") == {("0",): 4, ("1",): 4}
    assert page.value("exporter_collector_leader", collector="active_users") == 1


def test_storage_of_organizations(page_of):
    page = page_of("storage")
    assert by(page, "organization_storage_bytes", "organization_id") == {
        ("1",): 270000, ("2",): 270000, ("3",): 270000, ("4",): 0}
    assert by(page, "organization_storage_files", "organization_id")[("4",)] == 0
    assert by(page, "organization_storage_quota_bytes", "organization_id") == {
        ("1",): 1000000, ("2",): 500000, ("4",): 1000}
    assert by(page, "organization_storage_used_ratio", "organization_id") == {
        ("1",): 0.27, ("2",): 0.54, ("4",): 0}
    assert by(page, "storage_bytes", "kind") == {("image",): 360000, ("text",): 450000}
