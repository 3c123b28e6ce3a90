"""Random keys of a Redis: types, names, databases, access rules; and entries that read them."""

import redis as library

from support.servers import REDIS_PASSWORD
from support.waiting import eventually
from truth import redis_oracle
from truth.lot import Case, Lot

CASES = 40
NAMES = ("", " sp ace", ' quo"te', " it's", " glob*[a-c]?^x", " back\\slash", " {brace}",
         " new\nline", " ünï∂", "日本語", " " + "x" * 1500, ":colons:", "%s", "#")
STRINGS = ("0", "1", "-7", "3.25", "1e3", "9007199254740993", "12345678901234567890.5", "", "text",
           "nan", "inf", "0x10", " 5", "5 ", "1e400", "7" * 60, "7" * 70, "z" * 200_000, "HYLL",
           "HYLLo" + "x" * 200, "ü", "1,5", "\0", "-0", ".5", "5.", "+5")
KINDS = ("a", "B b", "ü", "x*y", "[", "\\", "{k}", b"\xff\xfe", "1")
LONG = frozenset({"limit"})   # A number of more than 64 bytes may be left out.
VALUES = ("string", "length", "hash", "memory")
USERS = {"all": "default", "narrow": "narrow"}
# Collectors with groups of keys.
GROUPED = {"groups0": "default", "groups1": "narrow"}
PATTERNS = ("^(ok|no)", "^(?:ok|no)([0-9])", "([0-9])[^0-9]*$", ":([a-zA-Z]+)", "^(o)k[0-9]+(:)",
            "(nothing like it)", "^(?:ok|no)[0-9]*(5|7)?")
STREAM_NAMES = (*KINDS[:7], " {b}", "a:b")


def _commands(dice, key, kind):
    """What makes a key of a kind."""
    count = dice.choice((1, 2, 5, 300))
    if kind == "string":
        return [("SET", key, dice.choice(STRINGS))]
    if kind == "expiring":
        return [("SET", key, "5", "PX", dice.choice(("1", "3600000")))]
    if kind == "hyperloglog":
        return [("PFADD", key, *map(str, range(count)))]
    if kind == "emptied":
        return [("RPUSH", key, "x"), ("LPOP", key)]
    if kind == "stream":
        style = dice.choice(("1-{}", "{}-5", "17{:08}000-0"))
        ids = [style.format(i + 1) for i in range(count)]
        return [("XADD", key, one, "f", "v") for one in ids] + _groups(dice, key, ids)
    make = {"list": lambda i: ("RPUSH", key, i), "set": lambda i: ("SADD", key, f"m{i}"),
            "zset": lambda i: ("ZADD", key, i, f"m{i}"),
            "hash": lambda i: ("HSET", key, f"f{i}", dice.choice(STRINGS))}
    made = [make[kind](i) for i in range(count)] if kind in make else []
    # A hash that has grown moves with each look at a field, which changes its memory, and then not.
    return made + [("HMGET", key, *(f"f{i}" for i in range(count)))] * (kind == "hash")


def _groups(dice, key, ids):
    made = []
    for group in ("g1", "g 2")[:dice.randint(0, 2)]:
        made.append(("XGROUP", "CREATE", key, group, dice.choice(("0", "$", ids[len(ids) // 2]))))
        for consumer in ("c", "c 2")[:dice.choice((0, 1, 1, 2))]:
            made.append(("XREADGROUP", "GROUP", group, consumer, "COUNT", 2, "STREAMS", key, ">"))
        if dice.random() < 0.3:
            made.append(("XACK", key, group, *ids[:2]))
    if dice.random() < 0.3:
        made.append(("XDEL", key, dice.choice(ids)))
    if dice.random() < 0.2:
        made.append(("XTRIM", key, "MAXLEN", "1"))
    if dice.random() < 0.2:
        made.append(("XADD", key, "MAXLEN", "3", "1800000000000-1", "f", "v"))
    return made


TYPES = ("string", "string", "list", "set", "zset", "hash", "stream", "hyperloglog", "missing",
         "emptied", "expiring")


def draw_key(dice, number):
    """An entry for one key."""
    collector = dice.choice(("all", "all", "narrow"))
    key = f"{dice.choice(('ok', 'no'))}{number}{dice.choice(NAMES)}"
    database, kind = dice.choice((0, 0, 3)), dice.choice(TYPES)
    data = [(database, *command) for command in _commands(dice, key, kind)]
    question = redis_oracle.Key(key, database, USERS[collector])
    entry = {"key": key, "db": database}
    style = dice.random()
    if kind == "stream" and style < 0.5:
        question.value = "stream"
        return Case(key, collector, "streams", entry, tuple(data), question,
                    parts=(f"stream {key}",))
    if style < 0.2:
        question.value = "all"
        return Case(key, collector, "keys", entry, tuple(data), question)
    name = f"m{number}"
    question.value = entry["value"] = dice.choice(VALUES)
    question.factor = entry["factor"] = dice.choice((1, 1, 0.5))
    question.on_missing = entry["on_missing"] = dice.choice(("drop", "zero", "keep"))
    if dice.random() < 0.3:
        del entry["on_missing"]
        question.on_missing = "zero" if entry["value"] == "length" else "drop"
    if entry["value"] == "hash":
        question.field = entry["field"] = dice.choice(("f0", "f1", "f2", "no such"))
    return Case(name, collector, "keys", {**entry, "metric": name}, tuple(data), question, LONG)


def draw_pattern(dice, number):
    """An entry for keys of a pattern, whose second part is a label."""
    collector, name, database = dice.choice(("all", "narrow")), f"m{number}", dice.choice((0, 3))
    prefix = f"{dice.choice(('ok', 'ok', 'no'))}{number}"
    kinds = dice.sample(KINDS, dice.randint(1, 4))
    made_of = dice.choice((("list",), ("list", "set", "stream"), ("string",), ("expiring",),
                           ("string", "list"), ("hyperloglog", "zset")))
    data, groups = [], {}
    for i in range(dice.choice((0, 1, 5, 40))):
        kind = dice.choice(kinds)
        raw = kind if isinstance(kind, bytes) else kind.encode()
        key = prefix.encode() + b":" + raw + f":{i}".encode()
        data += [(database, *command) for command in _commands(dice, key, dice.choice(made_of))]
        groups[key] = frozenset({("kind", raw.decode(errors="replace"))})
    question = redis_oracle.Pattern(prefix + ":*", groups, database, USERS[collector])
    question.value = value = dice.choice(("count", *VALUES))
    entry = {"pattern": prefix + (":*" if value == "count" else ":{kind}:*"), "metric": name,
             "db": database, "value": value}
    if value == "hash":
        question.field = entry["field"] = "f0"
    # A name that is not UTF-8 is no label.
    refusals = LONG | {"invalid" for kind in kinds if isinstance(kind, bytes)}
    return Case(name, collector, "keys", entry, tuple(data), question, refusals)


def draw_streams(dice, number):
    """An entry for all streams of a pattern, among keys of other types."""
    collector, database = dice.choice(tuple(USERS)), dice.choice((0, 3))
    prefix = f"{dice.choice(('ok', 'ok', 'no'))}{number}:"
    keys = tuple(f"{prefix}{kind}" for kind in dice.sample(STREAM_NAMES, dice.randint(0, 4)))
    data = []
    for key in keys:
        kind = dice.choice(("stream", "stream", "stream", "list", "string"))
        data += [(database, *command) for command in _commands(dice, key, kind)]
    question = redis_oracle.Streams(keys, database, USERS[collector])
    entry = {"pattern": prefix + "*", "db": database}
    return Case(prefix, collector, "streams", entry, tuple(data), question,
                parts=(f"streams {prefix}*", *(f"stream {key}" for key in keys)))


def draw_groups(dice, number):
    """The groups of all keys; the names of keys are those of all other cases."""
    collector = f"groups{number}"
    user, most = GROUPED[collector], dice.choice((1, 2, 3, 100))
    patterns = tuple(dice.sample(PATTERNS, dice.randint(1, 3)))
    question = redis_oracle.Groups(patterns, dice.choice(((0,), (3,), (0, 3))), user, most,
                                   with_memory=dice.random() < 0.7)
    entry = {"patterns": list(patterns), "databases": list(question.databases),
             "max_groups": most, "memory": question.with_memory}
    return Case(collector, collector, "key_groups", entry, (), question, parts=("key_groups",),
                alone=True)


def draw_cases(dice):
    draws = (draw_key, draw_pattern, draw_streams)
    cases = [dice.choices(draws, (0.6, 0.3, 0.1))[0](dice, number)
             for number in range(CASES - len(GROUPED))]
    return cases + [draw_groups(dice, number) for number in range(len(GROUPED))]


class RedisLot(Lot):
    def __init__(self, number, folder, server):
        super().__init__("redis", number, folder)
        self.server = server

    def client(self, user="default", database=0):
        return library.Redis(port=self.server.port, db=database, username=user,
                             password=REDIS_PASSWORD)

    def fill(self, cases):
        clients = {database: self.client(database=database) for database in (0, 3)}
        clients[0].flushall()
        clients[0].execute_command("ACL", "SETUSER", "narrow", "reset", "on", ">" + REDIS_PASSWORD,
                                   "+@all", "~ok*")
        for case in cases:
            for database, *command in case.data:
                clients[database].execute_command(*command)
        self._expire(cases, clients)
        for client in clients.values():
            client.close()

    @staticmethod
    def _expire(cases, clients):
        """A key whose time is over goes when it is asked for, and has memory until then."""
        for case in cases:
            for database, *command in case.data:
                if command[3:] == ["PX", "1"]:
                    eventually(lambda d=database, key=command[1]: not clients[d].exists(key), 5,
                               "the key has expired")

    def collectors(self):
        return {name: {"type": "redis", "url": self.server.url(user=user), "labels": {"by": name},
                       "discovery_time": "20s"}
                for name, user in (USERS | GROUPED).items()}

    def truths(self, cases):
        clients = {(user, database): self.client(user, database)
                   for user in USERS.values() for database in (0, 3)}
        found = {case.name: redis_oracle.truth(clients, case.question) for case in cases}
        for client in clients.values():
            client.close()
        return found

    def shown(self, page, case):
        families = redis_oracle.FAMILIES.get(case.question.value, (case.name,))
        mine = self._own_labels(case)
        return {labels - mine | ({("family", family)} if len(families) > 1 else set()): value
                for family in families for labels, value in page.samples.get(family, {}).items()
                if mine <= labels and self._is_of(labels, case)}

    @staticmethod
    def _own_labels(case):
        """The labels that all series of the case have."""
        mine = {("by", case.collector)}
        if case.question.value not in redis_oracle.FAMILIES or case.alone:
            return mine
        mine.add(("db", f"db{case.question.database}"))
        if isinstance(case.question, redis_oracle.Key):
            mine.add(("stream" if case.question.value == "stream" else "key", case.name))
        return mine

    @staticmethod
    def _is_of(labels, case):
        """Whether a stream is one of those of the case."""
        return (not isinstance(case.question, redis_oracle.Streams)
                or dict(labels)["stream"].startswith(case.name))
