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
        return [("XADD", key, f"1-{i + 1}", "f", "v") for i in range(count)] + _groups(dice, key)
    make = {"list": lambda i: ("RPUSH", key, i), "set": lambda i: ("SADD", key, f"m{i}"),
            "zset": lambda i: ("ZADD", key, i, f"m{i}"),
            "hash": lambda i: ("HSET", key, f"f{i}", dice.choice(STRINGS))}
    return [make[kind](i) for i in range(count)] if kind in make else []


def _groups(dice, key):
    made = []
    for group in ("g1", "g 2")[:dice.randint(0, 2)]:
        made.append(("XGROUP", "CREATE", key, group, dice.choice(("0", "$", "1-2"))))
        if dice.random() < 0.6:
            made.append(("XREADGROUP", "GROUP", group, "c", "COUNT", 2, "STREAMS", key, ">"))
    if dice.random() < 0.3:
        made.append(("XDEL", key, "1-1"))
    if dice.random() < 0.2:
        made.append(("XTRIM", key, "MAXLEN", "1"))
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
        return Case(key, collector, "streams", entry, tuple(data), question, part=f"stream {key}")
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


def draw_cases(dice):
    return [(draw_pattern if dice.random() < 0.3 else draw_key)(dice, number)
            for number in range(CASES)]


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
        return {name: {"type": "redis", "url": self.server.url(user=user), "labels": {"by": name}}
                for name, user in (("all", ""), ("narrow", "narrow"))}

    def truths(self, cases):
        clients = {(user, database): self.client(user, database)
                   for user in USERS.values() for database in (0, 3)}
        found = {case.name: redis_oracle.truth(clients[case.question.user, case.question.database],
                                               case.question) for case in cases}
        for client in clients.values():
            client.close()
        return found

    def shown(self, page, case):
        families = redis_oracle.FAMILIES.get(case.question.value, (case.name,))
        mine = {("by", case.collector)}
        if len(families) > 1:
            of = "stream" if case.question.value == "stream" else "key"
            mine |= {(of, case.name), ("db", f"db{case.question.database}")}
        return {labels - mine | ({("family", family)} if len(families) > 1 else set()): value
                for family in families for labels, value in page.samples.get(family, {}).items()
                if mine <= labels}
