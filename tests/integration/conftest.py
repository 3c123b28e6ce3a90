import pytest

from support.exporter import run
from support.page import Page
from support.servers import SECRETS


@pytest.fixture
def collect(tmp_path):
    """Runs each collector of a configuration once; returns the page. Expects the exit code."""
    def once(config, code=0):
        path = tmp_path / "exporter.yaml"
        path.write_text(config)
        done = run("collect", "--config", path)
        assert done.returncode == code, done.stderr
        assert not [secret for secret in SECRETS if secret in done.stdout + done.stderr]
        return Page(done.stdout)

    return once
