"""The families of well-known exporters, whose names, types and labels are ours too."""

from . import other_servers
from .debian import DEBIAN_12, RELEASE
from .processes import ROOT

_OF_PARTS = {"le", "quantile"}   # Labels of the parts of a histogram or a summary.
_OF_VALKEY = {"valkey_version", "valkey_release_stage"}   # Later redis_exporters have them too.


def families(name):
    """family -> (type, set of label names), as measured on a real server."""
    text = (ROOT / f"tests/data/reference/{name}_exporter.tsv").read_text()
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return {row[0]: (row[1], set(filter(None, row[2].split(",")))) for row in rows}


def differences(page, prefix, reference, additions=()):
    """What a page shows otherwise than the reference: the families that it names, and how.

    `additions` are beginnings of names that the reference need not have. The servers of a Debian
    after 12 and Valkey are newer than the reference and show more: what it does not name is passed
    over.
    """
    found = {}
    for family, kind in page.types.items():
        if not family.startswith(prefix) or family.startswith(additions):
            continue
        if family not in reference:
            if RELEASE == DEBIAN_12 and not other_servers.IS_VALKEY:
                found[family] = "not in the reference"
            continue
        expected_kind, expected_labels = reference[family]
        if kind != expected_kind:
            found[family] = f"{kind}, not {expected_kind}"
        for labels in page.samples.get(family, {}):
            names = {key for key, _ in labels}
            if names - _OF_PARTS - _OF_VALKEY != expected_labels - _OF_PARTS:
                found[family] = f"labels {names}, not {expected_labels}"
    return found
