import pytest

from support.processes import ROOT

QUICKSTART = ROOT / "configs/examples/quickstart.yaml"


@pytest.fixture
def shop(start_exporter, postgres, redis):
    """The quickstart's exporter beside servers without traffic, after one good run of each."""
    exporter = start_exporter(QUICKSTART, env={"DATABASE_URL": postgres.url(),
                                               "REDIS_URL": redis.url()})
    exporter.await_page(
        lambda page: all(value == 1 for _, value in page.series("exporter_collector_up"))
        and len(page.series("exporter_collector_up")) == 5, 15, "every collector succeeded")
    return exporter
