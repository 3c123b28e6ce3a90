"""What a Redis says of its replicas, and a replica of itself, while they load all data."""

from support.redis_servers import RedisServer, replica_of
from support.waiting import eventually


def page_of(collect, server):
    return collect(f'collectors: [{{type: redis, url: "{server.url()}"}}]')


def test_a_replica_that_loads_all_data_has_no_lag(collect):
    primary = RedisServer("--repl-diskless-sync-delay", 600)
    try:
        replica = RedisServer("--replicaof", "127.0.0.1", primary.port)
        try:
            eventually(lambda: "state=wait_bgsave,offset=0,lag=0" in
                       primary.info("replication").get("slave0", ""), 10, "the replica waits")
            page = page_of(collect, primary)
            assert page.value("redis_connected_slave_offset_bytes",
                              slave_state="wait_bgsave", slave_port=str(replica.port)) == 0
            assert not page.has("redis_connected_slave_lag_seconds")
        finally:
            replica.close()
    finally:
        primary.close()


def test_a_replica_has_no_mean_time_to_live_that_it_never_estimated(collect):
    primary = RedisServer("--repl-diskless-sync-delay", 0)
    try:
        primary.command("SET", "session", "x", "EX", "86400")
        replica = replica_of(primary, "--repl-diskless-sync-delay", 0)
        try:
            assert ",expires=1,avg_ttl=0" in replica.info("keyspace")["db0"]
            page = page_of(collect, replica)
            assert page.value("redis_db_keys_expiring", db="db0") == 1
            assert not page.has("redis_db_avg_ttl_seconds", db="db0")
            assert page.value("redis_connected_slaves") == 0
            eventually(lambda: ",avg_ttl=0" not in primary.info("keyspace")["db0"], 10,
                       "the primary has an estimate")
            page = page_of(collect, primary)
            assert 86000 < page.value("redis_db_avg_ttl_seconds", db="db0") <= 86400
            assert page.has("redis_connected_slave_lag_seconds", slave_state="online")
        finally:
            replica.close()
    finally:
        primary.close()
