"""Two pages of the same server, ours and the peer's, series by series."""

import collections
import math

from .processes import ROOT

# How a family may differ. "between": ours, read between two pages of the peer, lies between
# them. "fewer": so does each of ours, and others are missing. "any": the same series, any value.
# "names": other series of the same label names. "more": the peer's series as they are, and others.
# "absent": it is none of ours. "older": as it likes, where the peer is an old version. "in 1.69",
# in a line besides: as it likes in that version of the peer, which later ones mended.
KINDS = ("between", "fewer", "any", "names", "more", "absent", "older")

Exemption = collections.namedtuple("Exemption", "kind reason")

_PARTS = ("_bucket", "_sum", "_count")


def exemptions(path, version=""):
    """family -> Exemption, of a file under tests/data, beside this version of the peer."""
    found, mended = {}, {}
    for line in (ROOT / "tests/data" / path).read_text().splitlines():
        if line.startswith("#"):
            continue
        family, kind, reason = line.split("\t")
        if kind.startswith("in "):
            if f"{version}.".startswith(kind[len("in "):] + "."):
                mended[family] = Exemption("mended", reason)
            continue
        assert kind in KINDS, line
        assert family not in found, f"twice: {family}"
        found[family] = Exemption(kind, reason)
    return found | mended


def names_of(page, family):
    """The sample names of a family that the page has."""
    parts = _PARTS if page.types[family] in ("histogram", "summary") else ()
    return [family + part for part in ("", *parts) if family + part in page.samples]


def _same(one, other):
    # Both are decimal texts of the same double, or not quite where a unit was converted.
    return math.isclose(one, other, rel_tol=1e-9) or (math.isnan(one) and math.isnan(other))


def _between(one, value, other):
    if math.isnan(value):
        return math.isnan(one) and math.isnan(other)
    return min(one, other) - 1e-9 <= value <= max(one, other) + 1e-9


def _label_names(page, name):
    return {frozenset(key for key, _ in labels) for labels in page.samples.get(name, {})}


def _series_differences(ours, before, after, name, kind):
    """Of the samples of one name."""
    mine, first, last = (page.samples.get(name, {}) for page in (ours, before, after))
    for labels in sorted(last.keys() | mine.keys(), key=sorted):
        shown = f"{name}{dict(sorted(labels))}"
        if labels not in mine:
            if labels in first and kind != "fewer":   # Else it is younger than our page.
                yield f"{shown} is missing"
        elif labels not in last:
            if kind != "more":
                yield f"{shown} is ours alone"
        elif kind in ("between", "fewer") and labels in first:
            if not _between(first[labels], mine[labels], last[labels]):
                yield f"{shown} is {mine[labels]}, not {first[labels]} to {last[labels]}"
        elif kind in ("", "more") and not _same(mine[labels], last[labels]):
            yield f"{shown} is {mine[labels]}, not {last[labels]}"


def differences(ours, before, after, exempt, peer_is_old):
    """What is on the peer's page and not so on ours, as sentences.

    Ours was read after the peer's page `before` and before the peer's page `after`.
    """
    found = []
    for family, kind in sorted(after.types.items()):
        exemption = exempt.get(family, Exemption("", ""))
        if exemption.kind == "mended":
            continue
        if exemption.kind == "older":
            if peer_is_old:
                continue
            exemption = Exemption("", "")
        if exemption.kind == "absent":
            if family in ours.types:
                found.append(f"{family} is not absent")
            continue
        if exemption.kind == "fewer" and family not in ours.types:
            continue
        if ours.types.get(family) != kind:
            found.append(f"{family} is {ours.types.get(family, 'missing')}, not {kind}")
            continue
        for name in names_of(after, family):
            if exemption.kind == "names":
                if _label_names(ours, name) != _label_names(after, name):
                    found.append(f"{name}: labels {_label_names(ours, name)}, "
                                 f"not {_label_names(after, name)}")
            else:
                found += _series_differences(ours, before, after, name, exemption.kind)
    return found
