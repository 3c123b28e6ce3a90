"""The pages for people: README.md, what stands beside it, docs/ and alerts/."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")),
         *sorted((ROOT / "alerts").glob("*.md")))
# A changelog speaks of what was, too.
PAGES = {str(path.relative_to(ROOT)): path.read_text() for path in FILES
         if path.name != "CHANGELOG.md"}

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_ROW = re.compile(r"^\| (.*) \|$", re.MULTILINE)


def blocks(text, language):
    """The fenced blocks of a language; "" is one that names none."""
    return [body for name, body in _FENCE.findall(text) if name == language]


def block(page, language, holds):
    """The one block of a page that holds this text."""
    found, = (body for body in blocks(PAGES[page], language) if holds in body)
    return found


def prose(text):
    """The page without its fenced blocks."""
    return _FENCE.sub("", text)


def spans(text):
    return _SPAN.findall(prose(text))


def anchors(text):
    """What a link to a heading may name, as GitHub and mkdocs have it."""
    titles = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title)
              for title in _HEADING.findall(prose(text)))
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


def table(text, kind, name):
    """The rows between `<!-- KIND NAME -->` and `<!-- /KIND -->`, as cells; None without it."""
    found = re.search(rf"<!-- {kind} {name} -->\n(.*?)<!-- /{kind} -->", text, re.DOTALL)
    if not found:
        return None
    return [re.split(r" ?(?<!\\)\| ?", row) for row in _ROW.findall(found[1])]


def column(rows, title):
    """The cells below a title, of all tables among the rows; a code span's text."""
    cells, at = [], None
    for row in rows:
        if title in row:
            at = row.index(title)
        elif at is not None and not row[at].startswith("---"):
            cells.append(row[at].strip("`"))
    return cells
