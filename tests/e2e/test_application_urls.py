"""Starts without a file: on URLs as frameworks write them, and on some that cannot be used."""

import pytest

from support.exporter import run
from support.processes import free_port

SECRET = "S3cr3t"


def is_up(*types):
    return lambda page: all(page.up(one) == 1 for one in types)


def with_scheme(url, scheme):
    return scheme + url.partition("://")[2]


def test_the_default_url_of_symfony_starts_and_its_parameters_are_warned_of_once(
        start_exporter, postgres, redis):
    url = postgres.url() + "?serverVersion=16&charset=utf8"
    exporter = start_exporter(None, env={"DATABASE_URL": url, "REDIS_URL": redis.url()})
    exporter.await_page(is_up("postgres", "db_pool", "redis"), 10, "all are up")
    warnings = [line for line in exporter.log().splitlines() if "serverVersion" in line]
    assert len(warnings) == 1, warnings
    assert "level=warn" in warnings[0]
    assert "DATABASE_URL: dsn: parameters of the URL have no effect here: charset, serverVersion" \
        in warnings[0]


@pytest.mark.parametrize("scheme", ["postgis://", "pgsql://", "ecto://", "postgresql+psycopg://",
                                    "pdo-pgsql://", "r2dbc:postgresql://"])
def test_a_scheme_of_a_framework_reaches_the_server(start_exporter, postgres, scheme):
    exporter = start_exporter(None, env={
        "DATABASE_URL": with_scheme(postgres.url(), scheme) + "?pool_size=5"})
    exporter.await_page(is_up("postgres", "db_pool"), 10, "both are up")


def test_a_jdbc_url_has_its_login_in_parameters(start_exporter, postgres):
    login, _, place = postgres.url().partition("://")[2].partition("@")
    user, _, password = login.partition(":")
    url = f"jdbc:postgresql://{place}?user={user}&ApplicationName=shop"
    exporter = start_exporter(None, env={
        "DATABASE_URL": url + (f"&password={password}" if password else "")})
    exporter.await_page(is_up("postgres"), 10, "it is up")


def test_a_socket_may_stand_in_the_path_as_in_django(start_exporter, postgres):
    exporter = start_exporter(None, env={
        "DATABASE_URL": f"postgres://exporter@/{postgres.folder}/shop?port={postgres.port}"})
    exporter.await_page(is_up("postgres"), 10, "it is up")


def test_hosts_may_be_repeated_as_in_sqlalchemy(start_exporter, postgres):
    login = postgres.url().partition("://")[2].partition("@")[0]
    url = (f"postgresql+psycopg2://{login}@/shop?host=127.0.0.1:{free_port()}"
           f"&host=127.0.0.1:{postgres.port}")
    exporter = start_exporter(None, env={"DATABASE_URL": url})
    exporter.await_page(is_up("postgres"), 10, "it is up")


@pytest.mark.parametrize("bad", [
    f"postgresql://u:{SECRET}@h/app?sslidentity=/x.p12",
    f"postgresql://u:{SECRET}@h:port/app",
    f"mysql://u:{SECRET}@h/app",
    f"mssql://u:{SECRET}@h/app",
    f"{SECRET}",
])
def test_a_url_that_cannot_be_used_costs_its_collectors_alone(start_exporter, redis, bad):
    exporter = start_exporter(None, env={"DATABASE_URL": bad, "REDIS_URL": redis.url()})
    exporter.await_page(is_up("redis"), 10, "redis is up")
    page = exporter.page()
    assert page.value("pg_up") == 0
    assert page.up("postgres") == 0
    status = exporter.get("/").body.decode()
    assert "DATABASE_URL: " in status
    assert exporter.log().count("collector=postgres") == 1
    assert SECRET not in status + exporter.log()


def test_a_broker_out_of_reach_is_named(start_exporter, redis):
    exporter = start_exporter(None, env={"CELERY_BROKER_URL": f"sqs://key:{SECRET}@",
                                         "REDIS_URL": redis.url()})
    exporter.await_page(is_up("redis"), 10, "redis is up")
    page = exporter.page()
    assert page.value("celery_up") == 0
    status = exporter.get("/").body.decode()
    assert "CELERY_BROKER_URL: a broker in Amazon SQS is out of reach" in status
    assert SECRET not in status + exporter.log()


def test_check_names_such_a_url_and_a_file_with_one_is_refused(tmp_path):
    env = {"DATABASE_URL": f"postgresql://u:{SECRET}@h/app?sslmdoe=require"}
    file = tmp_path / "exporter.yaml"
    file.write_text("collectors:\n  - type: postgres\n    dsn: ${DATABASE_URL}\n")
    for arguments in (["check"], ["check", "--config", file], ["--config", file]):
        done = run(*arguments, env=env)
        assert done.returncode == 2
        assert 'DATABASE_URL: dsn cannot be used: the URL\'s parameter "sslmdoe"' in done.stderr
        assert 'did you mean "sslmode"' in done.stderr
        assert SECRET not in done.stdout + done.stderr
