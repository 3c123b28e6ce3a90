"""The comparison itself: what it lets pass, and that it finds each kind of lie."""

import pytest

from truth.comparison import Truth, fault, fault_by_age


def values(**numbers):
    return {frozenset({("label", label)}): number for label, number in numbers.items()}


KNOWN = Truth(values(a=1, b=2))
PARTLY = Truth(values(a=1), "b is a text")
NAN = Truth(values(a=float("nan"), b=float("inf")))


@pytest.mark.parametrize("shown, truth, reasons, refusals", [
    (values(a=1, b=2), KNOWN, (), ()),
    (values(a=1, b=2), KNOWN, ("limit",), ()),
    ({}, KNOWN, ("permission",), ("permission", "limit")),
    (values(b=2), KNOWN, ("limit",), ("limit",)),
    (values(a=1), PARTLY, ("query",), ()),
    ({}, Truth({}), (), ()),
    (values(a=float("nan"), b=float("inf")), NAN, (), ()),
], ids=["right", "right, with a problem", "refused", "a part refused", "a part unknown", "empty",
        "no numbers"])
def test_an_answer_that_is_no_lie_passes(shown, truth, reasons, refusals):
    assert not fault(shown, truth, set(reasons), frozenset(refusals))


@pytest.mark.parametrize("shown, truth, reasons, refusals, what", [
    (values(a=1, b=3), KNOWN, (), (), "false: {'label': 'b'} 3 instead"),
    (values(a=1, b=3), KNOWN, ("limit",), ("limit",), "false"),
    (values(a=1, b=2, c=0), KNOWN, ("limit",), ("limit",), "false: {'label': 'c'} 0"),
    (values(a=1, b=0), PARTLY, ("query",), (), "false: {'label': 'b'} 0"),
    (values(a=1), KNOWN, (), ("limit",), "absent without a reason: {'label': 'b'} 2"),
    ({}, KNOWN, (), ("limit",), "absent without a reason"),
    ({}, KNOWN, ("query",), ("limit",), "refused for ['query']"),
    (values(a=1), PARTLY, (), (), "nothing says that a part is unknown (b is a text)"),
    (values(a=1e16 + 200), Truth(values(a=1e16)), (), (), "false"),
    (values(a=1.0, b=float("inf")), NAN, (), (), "false: {'label': 'a'}"),
], ids=["another number", "another number, with a problem", "one too many", "a false zero",
        "a part without a reason", "none without a reason", "another reason",
        "an unknown part in silence", "nearly", "a number for NaN"])
def test_a_lie_is_a_fault(shown, truth, reasons, refusals, what):
    assert what in fault(shown, truth, set(reasons), frozenset(refusals))


STATES = [(100, 101, Truth(values(a=1))), (200, 201, Truth(values(a=2)))]


@pytest.mark.parametrize("number, marked_at, is_right", [
    (1, 150, True), (2, 150, False), (1, 201.5, True), (2, 201.5, True), (2, 300, True),
    (1, 300, False), (2, 199, False), (3, 201, False)])
def test_an_old_value_is_no_lie_only_if_it_is_marked_as_old(number, marked_at, is_right):
    assert (fault_by_age(values(a=number), STATES, marked_at, slack=1) == "") == is_right
