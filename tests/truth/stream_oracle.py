"""What a stream and its groups hold, by the command that a person would type."""


def order(identifier):
    """Of the entries of a stream."""
    return tuple(map(int, identifier.split(b"-")))


def lag_of(client, key, group):
    """How many entries the group has yet to read; None where one look cannot tell.

    The server's own count says whether it can be told, and never how many.
    """
    delivered, length = group["last-delivered-id"], client.xlen(key)
    rest = len(client.xrange(key, min=b"(" + delivered))
    stream = client.xinfo_stream(key)
    if rest == length > 0 or order(delivered) >= order(stream["last-generated-id"]):
        return rest
    told, read = group["lag"], group["entries-read"]
    has_deleted = stream["max-deleted-entry-id"] != b"0-0"
    agrees = told is not None and (told == 0 or has_deleted and told + group["pending"] == length
                                   or read is not None and told + read == length)
    return rest if agrees else None


def values(client, key):
    """By the names of families, and by groups and consumers."""
    found = {"length": client.xlen(key), "groups": 0}
    groups = []
    if client.exists(key):
        groups, told = client.xinfo_groups(key), client.xinfo_stream(key)
        ends = [order(ids[0][0])[0] if ids else 0
                for ids in (client.xrange(key, count=1), client.xrevrange(key, count=1))]
        found |= {"groups": len(groups), "first_entry_id": ends[0], "last_entry_id": ends[1],
                  "last_generated_id": order(told["last-generated-id"])[0],
                  "max_deleted_entry_id": order(told["max-deleted-entry-id"])[0]}
    known = {frozenset({("family", "redis_stream_" + name)}): float(one)
             for name, one in found.items()}
    for group in groups:
        known |= _group(client, key, group)
    return known


def _group(client, key, group):
    consumers = client.xinfo_consumers(key, group["name"])
    pending = client.xpending_range(key, group["name"], "-", "+", 100_000)
    found = {"consumers": len(consumers), "messages_pending": len(pending),
             "lag": lag_of(client, key, group), "entries_read": group["entries-read"],
             "last_delivered_id": order(group["last-delivered-id"])[0]}
    name = ("group", group["name"].decode())
    known = {frozenset({("family", f"redis_stream_group_{family}"), name}): float(one)
             for family, one in found.items() if one is not None}
    for consumer in consumers:
        held = sum(one["consumer"] == consumer["name"] for one in pending)
        known[frozenset({("family", "redis_stream_group_consumer_messages_pending"), name,
                         ("consumer", consumer["name"].decode())})] = float(held)
    return known
