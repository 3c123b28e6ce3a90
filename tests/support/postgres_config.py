"""Configurations of the postgres collector."""

import re

from .processes import ROOT

_PRESET = (ROOT / "configs/presets/postgres.yaml").read_text()
_CODE = (ROOT / "collectors/postgres/code_parts.cc").read_text()
PARTS = [*re.findall(r"^  - part: (\w+)$", _PRESET, re.MULTILINE),
         *re.findall(r'^    {"(\w+)", (?:true|false), Make', _CODE, re.MULTILINE)]


def everything(url, **keys):
    """All parts on, and more keys of the collector."""
    more = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    parts = ", ".join(f"{part}: true" for part in PARTS)
    return f'collectors:\n  - type: postgres\n    dsn: "{url}"\n    parts: {{{parts}}}\n{more}'
