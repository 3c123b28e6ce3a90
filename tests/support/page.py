"""A page of metrics in the text format, read strictly."""

import re

_LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
_SAMPLE = re.compile(
    r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:\w+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$')
_UNESCAPED = {r"\\": "\\", r"\"": '"', r"\n": "\n"}


def _unescape(text):
    return re.sub(r'\\["\\n]', lambda match: _UNESCAPED[match[0]], text)


class Page:
    """Samples by name and labels; a malformed line or a repeated series is an error."""

    def __init__(self, text):
        self.text = text
        self.types = {}    # family -> type
        self.samples = {}  # name -> {frozenset of label pairs: value}
        # Not splitlines(): it takes more for an end of line than the format does.
        for line in text.split("\n"):
            if line.startswith("# TYPE "):
                _, _, family, kind = line.split(" ")
                assert family not in self.types, f"a second TYPE of {family}"
                self.types[family] = kind
            elif line and not line.startswith("#"):
                self._add(line)

    def _add(self, line):
        match = _SAMPLE.match(line)
        assert match, f"no sample: {line!r}"
        labels = frozenset((key, _unescape(value))
                           for key, value in re.findall(_LABEL, match[2] or ""))
        series = self.samples.setdefault(match[1], {})
        assert labels not in series, f"twice: {line}"
        series[labels] = float(match[3])

    def families(self):
        return set(self.types)

    def series(self, name, /, **labels):
        """The series of a name that have these labels, as (labels, value)."""
        wanted = set(labels.items())
        return [(dict(have), value) for have, value in self.samples.get(name, {}).items()
                if wanted <= have]

    def value(self, name, /, **labels):
        """The value of the one series of a name that has these labels."""
        found = self.series(name, **labels)
        assert len(found) == 1, f"{len(found)} series of {name} with {labels}"
        return found[0][1]

    def has(self, name, /, **labels):
        return bool(self.series(name, **labels))

    def up(self, collector):
        return self.value("exporter_collector_up", collector=collector)

    def errors(self, collector, reason):
        return self.value("exporter_collector_errors_total", collector=collector, reason=reason)

    def successes(self, collector):
        return self.value("exporter_collector_collections_total", collector=collector,
                          result="success")
