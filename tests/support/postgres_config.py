"""Configurations of the postgres collector, and the server that all its parts need."""

import re

from .processes import ROOT
from .servers import Postgres

# What pg_stat_statements asks of a server's start.
PRELOAD = "shared_preload_libraries=pg_stat_statements"

_PRESET = (ROOT / "configs/presets/postgres.yaml").read_text()
_CODE = (ROOT / "collectors/postgres/code_parts.cc").read_text()
PARTS = [*re.findall(r"^  - part: (\w+)$", _PRESET, re.MULTILINE),
         *re.findall(r'^    {"(\w+)", (?:true|false), Make', _CODE, re.MULTILINE)]


def everything(url, **keys):
    """All parts on, and more keys of the collector."""
    more = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    parts = ", ".join(f"{part}: true" for part in PARTS)
    return f'collectors:\n  - type: postgres\n    dsn: "{url}"\n    parts: {{{parts}}}\n{more}'


def server_of_everything(programs=Postgres.DEBIAN):
    """A server on which each part finds its extension, in the database shop."""
    postgres = Postgres([PRELOAD], programs)
    postgres.sql("CREATE EXTENSION pg_stat_statements; CREATE EXTENSION pg_buffercache")
    return postgres
