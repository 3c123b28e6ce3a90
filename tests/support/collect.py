"""One run of each collector of a configuration, as `exporter collect` does it."""

from .exporter import run
from .page import Page
from .servers import SECRETS


def collect_once(folder, config, code=0):
    """The page. `folder` gets the configuration's file; `code` is the exit code to expect, or
    several that may be."""
    path = folder / "exporter.yaml"
    path.write_text(config)
    done = run("collect", "--config", path)
    assert done.returncode in (code if isinstance(code, tuple) else (code,)), done.stderr
    assert not [secret for secret in SECRETS if secret in done.stdout + done.stderr]
    return Page(done.stdout)
