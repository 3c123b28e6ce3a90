"""The rules of alerts/, and what their expressions select."""

import collections
import re

import yaml

from .processes import ROOT

FOLDER = ROOT / "alerts"
FILES = tuple(path for path in sorted(FOLDER.glob("*.yaml")) if path.name != "alertmanager.yaml")

# `topic` is the name of the file; `kind` is alert or record; `body` is the mapping of the file.
Rule = collections.namedtuple("Rule", "topic kind name expr body")
# `matchers` are (label, operator, value).
Selector = collections.namedtuple("Selector", "name matchers")

_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
# A string stays as it is: a regex has brackets, too.
_RANGE = re.compile(r'("(?:[^"\\]|\\.)*")|\[[^\]]*\]|\boffset\s+\w+')
# A string, a name with its labels, or a name that a bracket makes a function.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|(?<![\w.:])([a-zA-Z_:][\w:]*)\s*(\(|\{[^}]*\})?')
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
_KEYWORDS = {"and", "or", "unless", "bool", "Inf", "NaN",
             "by", "without", "on", "ignoring", "group_left", "group_right"}


def rules():
    """All rules of all files, in their order."""
    return [Rule(path.stem, kind, body[kind], body["expr"], body)
            for path in FILES for group in yaml.safe_load(path.read_text())["groups"]
            for body in group["rules"] for kind in ("alert", "record") if kind in body]


def alerts():
    return [rule for rule in rules() if rule.kind == "alert"]


def selectors(expr):
    """What the expression reads. A name that is neither a function nor a keyword is a metric."""
    text = _RANGE.sub(lambda match: match[1] or "", _GROUPING.sub("", expr))
    return [Selector(name, tuple(_MATCHER.findall(rest)))
            for name, rest in _TOKEN.findall(text)
            if name and rest != "(" and name not in _KEYWORDS]


def grouped(expr):
    """The labels that the expression groups or joins by."""
    return {label.strip() for labels in _GROUPING.findall(expr)
            for label in labels.split(",") if label.strip()}


def written(selector):
    """As in the expression, in one form."""
    matchers = ",".join(f'{label}{operator}"{value}"'
                        for label, operator, value in selector.matchers)
    return f"{selector.name}{{{matchers}}}" if matchers else selector.name


def matches(selector, labels):
    """Whether a series of the selector's name with these labels is selected."""
    tests = {"=": lambda have, want: have == want, "!=": lambda have, want: have != want,
             "=~": lambda have, want: bool(re.fullmatch(want, have)),
             "!~": lambda have, want: not re.fullmatch(want, have)}
    return all(tests[operator](labels.get(label, ""), value)
               for label, operator, value in selector.matchers)
