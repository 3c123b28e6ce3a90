"""The three answers that are no lie: the right one, none with a reason, or an old one marked so."""

import collections
import math

# Of one case: `values` by labels (a frozenset of pairs), as an oracle or a page has them. Of what
# cannot be known, `unknown` says why, and the rest of the values still counts.
Truth = collections.namedtuple("Truth", "values unknown", defaults=("",))
PRECISION = 1e-14   # Of a sum, whose terms have no order.
# The truth of what passes, as an age: a moment later it is another.
Between = collections.namedtuple("Between", "low high")


def same(one, other):
    """Whether two numbers are one; the other may be of what passes."""
    if isinstance(other, Between):
        return other.low <= one <= other.high
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return one == other or math.isclose(one, other, rel_tol=PRECISION)


def agree(shown, values):
    return shown.keys() == values.keys() and all(same(shown[key], values[key]) for key in values)


def fault(shown, truth, reasons, refusals=frozenset()):
    """What is wrong with an answer; empty if nothing is.

    `reasons` are those that the exporter gave for this case, and `refusals` those for which it
    may leave the case out although the oracle has a value.
    """
    if agree(shown, truth.values):
        return "" if reasons or not truth.unknown else (
            f"nothing says that a part is unknown ({truth.unknown})")
    false = {key: value for key, value in shown.items()
             if key not in truth.values or not same(value, truth.values[key])}
    if false:
        return f"false: {described(false)} instead of {described(truth.values)}"
    absent = {key: value for key, value in truth.values.items() if key not in shown}
    if not reasons:
        return f"absent without a reason: {described(absent)}"
    if not reasons & refusals:
        return f"refused for {sorted(reasons)}, but it is known: {described(absent)}"
    return ""


def fault_of_follower(shown, stands_by, reasons):
    """What is wrong with one who does not lead: it has nothing to show, and says why."""
    if shown:
        return f"shown by one who does not lead: {described(shown)}"
    return "" if stands_by or reasons else "absent without a reason"


def fault_by_age(shown, states, marked_at, slack):
    """As fault(), of a value that the exporter says is as of `marked_at`.

    `states` are (begun, done, truth): a change that began at `begun` made it true at `done`. A
    value may be marked up to `slack` seconds later than it was read.
    """
    possible = []
    for (begun, _, truth), after in zip(states, [*states[1:], None]):
        if marked_at >= begun and (after is None or marked_at - slack <= after[1]):
            possible.append(truth)
    if any(agree(shown, truth.values) for truth in possible):
        return ""
    return (f"false as of {marked_at:.3f}: {described(shown)} instead of one of "
            f"{[described(truth.values) for truth in possible]}")


def described(values):
    shown = [f"{dict(sorted(labels))} {value!r}" for labels, value in sorted(
        values.items(), key=lambda item: sorted(item[0]))[:5]]
    more = f" and {len(values) - 5} more" if len(values) > 5 else ""
    return "; ".join(shown) + more if shown else "nothing"
