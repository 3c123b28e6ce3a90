// URLs of frameworks, drivers and hosting services, from their documentation, with other names.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "collectors/clients/amqp/amqp_url.h"
#include "collectors/clients/mysql/mysql_dsn.h"
#include "collectors/clients/postgres/pg_dsn.h"
#include "collectors/clients/redis/endpoint.h"
#include "collectors/clients/sql/sql_url.h"
#include "collectors/clients/sqlite/sqlite_session.h"

namespace collectors {
namespace {

struct Case {
  std::string from;
  std::string url;
  std::string target;  // The server, the user, and the database or virtual host.
  std::string dropped = {};
};

std::string Target(std::string_view server, std::string_view user, std::string_view database) {
  return fmt::format("{} {} {}", server, user.empty() ? "-" : user,
                     database.empty() ? "-" : database);
}

Case ReadSql(const SqlUrl& sql, const std::string& url) {
  if (sql.system == SqlSystem::kSqlite) return {"", url, SqlitePath(url)};
  if (sql.system == SqlSystem::kMysql) {
    const MysqlDsn dsn = ParseMysqlDsn(url);
    return {"", url, Target(dsn.Name(), dsn.user, dsn.database),
            fmt::format("{}", fmt::join(dsn.dropped, " "))};
  }
  const PgDsn dsn = ParsePgDsn(url);
  return {"", url, Target(dsn.server_name, dsn.Get("user"), dsn.Get("dbname")),
          fmt::format("{}", fmt::join(dsn.dropped, " "))};
}

std::string RedisPlace(const RedisEndpoint& endpoint) {
  if (endpoint.sentinels.empty()) return endpoint.Name();
  std::string place = endpoint.master;
  for (const RedisNodeAddress& sentinel : endpoint.sentinels) place += "," + sentinel.Name();
  return place;
}

Case Read(const std::string& url) {
  if (const auto sql = ReadSqlUrl(url)) return ReadSql(*sql, url);
  if (HasRedisScheme(url)) {
    const RedisEndpoint endpoint = ParseRedisUrl(url, "mymaster");
    return {"", url, Target(RedisPlace(endpoint), endpoint.user, std::to_string(endpoint.database)),
            fmt::format("{}", fmt::join(endpoint.dropped, " "))};
  }
  std::string targets;
  const std::vector<AmqpEndpoint> endpoints = ParseAmqpUrls(url);
  for (const AmqpEndpoint& endpoint : endpoints) {
    targets +=
        (targets.empty() ? "" : ", ") + Target(endpoint.Name(), endpoint.user, endpoint.vhost);
  }
  return {"", url, targets, fmt::format("{}", fmt::join(AmqpDropped(endpoints), " "))};
}

const Case kPostgres[] = {
    {"Symfony", "postgresql://app:!ChangeMe!@127.0.0.1:5432/app?serverVersion=16&charset=utf8",
     "127.0.0.1:5432 app app", "serverVersion charset"},
    {"Doctrine", "pdo-pgsql://app:hush@db:5432/shop?serverVersion=15", "db:5432 app shop",
     "serverVersion"},
    {"Doctrine", "pdo_pgsql://app:hush@db/shop", "db:5432 app shop"},
    {"Laravel", "pgsql://app:hush@db:5432/shop?charset=utf8", "db:5432 app shop", "charset"},
    {"Django, dj-database-url",
     "postgres://app:hush@db:5432/shop?conn_max_age=600&conn_health_checks=true",
     "db:5432 app shop", "conn_max_age conn_health_checks"},
    {"Django, dj-database-url", "postgres://app:hush@%2Fvar%2Frun%2Fpostgresql/shop",
     "/var/run/postgresql/.s.PGSQL.5432 app shop"},
    {"Django, GeoDjango", "postgis://app:hush@db/shop", "db:5432 app shop"},
    {"Django, django-environ", "psql://app:hush@127.0.0.1:8458/shop", "127.0.0.1:8458 app shop"},
    {"Django, django-environ", "postgres:////var/run/postgresql/shop",
     "/var/run/postgresql/.s.PGSQL.5432 - shop"},
    {"Django, django-environ", "postgres://app:hush@//cloudsql/p:eu:one/shop",
     "/cloudsql/p:eu:one/.s.PGSQL.5432 app shop"},
    {"Django, timescale", "timescalegis://app:hush@db/shop", "db:5432 app shop"},
    {"SQLAlchemy", "postgresql+psycopg://app:hush@db/shop", "db:5432 app shop"},
    {"SQLAlchemy", "postgresql+psycopg2://app:hush@/shop?host=a:5433&host=b:5434&host=c",
     "a:5433,b:5434,c:5432 app shop"},
    {"SQLAlchemy", "postgresql+asyncpg://app:hush@db/shop?prepared_statement_cache_size=500",
     "db:5432 app shop", "prepared_statement_cache_size"},
    {"SQLAlchemy, pg8000",
     "postgresql+pg8000://app:hush@/shop?unix_sock=/cloudsql/p:eu:one/.s.PGSQL.5432",
     "/cloudsql/p:eu:one/.s.PGSQL.5432 app shop"},
    {"Tortoise", "asyncpg://app:hush@db:5432/shop?minsize=1&maxsize=5", "db:5432 app shop",
     "minsize maxsize"},
    {"Tortoise", "psycopg://app:hush@db:5432/shop", "db:5432 app shop"},
    {"peewee", "postgresext+pool://app:hush@db:5432/shop?max_connections=20&stale_timeout=300",
     "db:5432 app shop", "max_connections stale_timeout"},
    {"Rails",
     "postgresql://app:hush@db/shop?pool=5&prepared_statements=false&reaping_frequency=10"
     "&schema_search_path=app,public&encoding=unicode",
     "db:5432 app shop", "pool prepared_statements reaping_frequency encoding"},
    {"Rails", "postgis://app:hush@db/shop?statement_limit=200&min_messages=warning",
     "db:5432 app shop", "statement_limit min_messages"},
    {"Ecto", "ecto://app:hush@db/shop?ssl=true&pool_size=10", "db:5432 app shop", "pool_size"},
    {"Prisma",
     "postgresql://app:hush@db:5432/shop?schema=public&connection_limit=5&pool_timeout=2"
     "&pgbouncer=true&sslmode=prefer&sslaccept=accept_invalid_certs&statement_cache_size=0",
     "db:5432 app shop", "connection_limit pool_timeout pgbouncer statement_cache_size"},
    {"Prisma", "postgresql://app:hush@localhost/shop?host=/var/run/postgresql/",
     "/var/run/postgresql//.s.PGSQL.5432 app shop"},
    {"node-postgres", "postgres://app:hush@db:5432/shop?sslmode=no-verify&uselibpqcompat=true",
     "db:5432 app shop", "uselibpqcompat"},
    {"node-postgres", "postgres://app:hush@db/shop?ssl=true&keepAlive=true", "db:5432 app shop",
     "keepAlive"},
    {"Sequelize", "postgres://app:hush@db/shop?ssl={%22rejectUnauthorized%22:false}",
     "db:5432 app shop"},
    {"JDBC", "jdbc:postgresql://db:5432/shop?user=app&password=hush&ssl=true", "db:5432 app shop"},
    {"JDBC",
     "jdbc:postgresql://a:5432,b:5433/shop?targetServerType=preferSecondary"
     "&loadBalanceHosts=true&ApplicationName=shop&connectTimeout=10&socketTimeout=30",
     "a:5432,b:5433 - shop", "loadBalanceHosts ApplicationName connectTimeout socketTimeout"},
    {"JDBC", "jdbc:postgresql:shop?currentSchema=app", "localhost:5432 - shop"},
    {"JDBC", "jdbc:postgresql:///shop?reWriteBatchedInserts=true&prepareThreshold=0",
     "localhost:5432 - shop", "reWriteBatchedInserts prepareThreshold"},
    {"AWS, the wrapper of JDBC", "jdbc:aws-wrapper:postgresql://db:5432/shop?wrapperPlugins=efm2",
     "db:5432 - shop", "wrapperPlugins"},
    {"Spring, R2DBC", "r2dbc:postgresql://app:hush@db:5432/shop?sslMode=VERIFY_FULL",
     "db:5432 app shop"},
    {"Spring, R2DBC", "r2dbc:pool:postgresql://app:hush@db/shop?maxIdleTime=PT60S",
     "db:5432 app shop", "maxIdleTime"},
    {"Quarkus", "vertx-reactive:postgresql://db:5432/shop", "db:5432 - shop"},
    {"golang-migrate", "pgx5://app:hush@db:5432/shop?sslmode=disable&x-migrations-table=m",
     "db:5432 app shop", "x-migrations-table"},
    {"pgx",
     "postgres://app:hush@db:5432/shop?pool_max_conns=10&pool_min_conns=2"
     "&default_query_exec_mode=cache_describe",
     "db:5432 app shop", "pool_max_conns pool_min_conns default_query_exec_mode"},
    {"Neon",
     "postgresql://app:hush@ep-one-pooler.eu.neon.example/shop?sslmode=require"
     "&channel_binding=require",
     "ep-one-pooler.eu.neon.example:5432 app shop"},
    {"Supabase",
     "postgresql://postgres.abcdef:hush@aws-0-eu.pooler.example:6543/postgres"
     "?pgbouncer=true&connection_limit=1",
     "aws-0-eu.pooler.example:6543 postgres.abcdef postgres", "pgbouncer connection_limit"},
};

const Case kOtherSql[] = {
    {"Symfony", "mysql://app:!ChangeMe!@127.0.0.1:3306/app?serverVersion=8.0.32&charset=utf8mb4",
     "127.0.0.1:3306 app app", "serverVersion charset"},
    {"Doctrine", "pdo-mysql://app:hush@db:3306/shop?charset=utf8mb4", "db:3306 app shop",
     "charset"},
    {"Laravel", "mysql://app:hush@db/shop?prefix=app_&strict=true", "db:3306 app shop",
     "prefix strict"},
    {"Rails", "mysql2://app:hush@db/shop?pool=5&reconnect=true&encoding=utf8mb4",
     "db:3306 app shop", "pool reconnect encoding"},
    {"Rails", "trilogy://app:hush@db/shop?ssl_mode=required", "db:3306 app shop"},
    {"Django, dj-database-url", "mysql://app:hush@%2Fcloudsql%2Fp%3Aeu%3Aone/shop",
     "/cloudsql/p:eu:one app shop"},
    {"Django, django-environ", "mysql-connector://app:hush@db/shop?reconnect=true",
     "db:3306 app shop", "reconnect"},
    {"Django, GeoDjango", "mysqlgis://app:hush@db/shop", "db:3306 app shop"},
    {"SQLAlchemy", "mysql+mysqldb://app:hush@db/shop?charset=utf8mb4&local_infile=1",
     "db:3306 app shop", "charset local_infile"},
    {"SQLAlchemy", "mariadb+mariadbconnector://app:hush@db:3307/shop", "db:3307 app shop"},
    {"JDBC",
     "jdbc:mysql://db:3306/shop?useSSL=false&serverTimezone=UTC"
     "&allowPublicKeyRetrieval=true&user=app&password=hush",
     "db:3306 app shop", "serverTimezone allowPublicKeyRetrieval"},
    {"JDBC", "jdbc:mariadb://db/shop?sslMode=trust&useBulkStmts=true", "db:3306 - shop",
     "useBulkStmts"},
    {"Spring, R2DBC", "r2dbc:mysql://app:hush@db:3306/shop?zeroDateOption=use_null",
     "db:3306 app shop", "zeroDateOption"},
    {"Prisma", "mysql://app:hush@db.example/shop?sslaccept=strict&connection_limit=5",
     "db.example:3306 app shop", "connection_limit"},
    {"Prisma", "mysql://app@localhost/shop?socket=(/run/mysqld/mysqld.sock)",
     "/run/mysqld/mysqld.sock app shop"},
    {"mysql2 of Node", "mysql://app:hush@db.example/shop?ssl={%22rejectUnauthorized%22:true}",
     "db.example:3306 app shop"},
    {"golang-migrate", "mysql://app:hush@tcp(db:3306)/shop?multiStatements=true",
     "db:3306 app shop", "multiStatements"},
    {"Django", "sqlite:////data/shop.sqlite3", "/data/shop.sqlite3"},
    {"Rails", "sqlite3:/data/shop.sqlite3", "/data/shop.sqlite3"},
    {"JDBC", "jdbc:sqlite:/data/shop.db", "/data/shop.db"},
};

const Case kRedis[] = {
    {"Celery", "redis://:hush@cache:6379/0", "cache:6379 - 0"},
    {"Celery", "redis+socket:///run/redis/redis.sock?virtual_host=2", "/run/redis/redis.sock - 2"},
    {"Celery", "rediss://:hush@cache:6380/0?ssl_cert_reqs=CERT_REQUIRED&ssl_ca_certs=/ca.pem",
     "cache:6380 - 0"},
    {"Celery", "sentinel://localhost:26379;sentinel://localhost:26380;sentinel://other",
     "mymaster,localhost:26379,localhost:26380,other:26379 - 0"},
    {"Django, django-redis", "rediss://app:hush@cache:6379/1?ssl_cert_reqs=none",
     "cache:6379 app 1"},
    {"redis-py", "redis://cache?db=2&decode_responses=True&health_check_interval=10&protocol=3",
     "cache:6379 - 2", "decode_responses health_check_interval protocol"},
    {"redis-py", "unix://app:hush@/run/redis.sock?db=1&socket_timeout=5", "/run/redis.sock app 1",
     "socket_timeout"},
    {"Laravel", "tcp://127.0.0.1:6379?database=3", "127.0.0.1:6379 - 3"},
    {"Laravel", "tls://app:hush@cache:6380?database=1", "cache:6380 app 1"},
    {"Symfony", "redis://localhost:6379/20?timeout=5&retry_interval=2&dbindex=3",
     "localhost:6379 - 3", "timeout retry_interval"},
    {"redis-py", "redis://cache:6379?username=app&password=hush", "cache:6379 app 0"},
    {"ioredis", "redis://app:hush@cache:6380/4?allowUsernameInURI=true&family=6",
     "cache:6380 app 4", "allowUsernameInURI family"},
    {"go-redis", "redis://app:hush@cache:6379/3?dial_timeout=3s&read_timeout=6s&pool_size=5",
     "cache:6379 app 3", "dial_timeout read_timeout pool_size"},
    {"Lettuce", "redis-sentinel://app:hush@s1:26379,s2:26380/0?timeout=10s#shop",
     "shop,s1:26379,s2:26380 app 0", "timeout"},
    {"Lettuce", "redis-socket:///run/redis.sock?database=5", "/run/redis.sock - 5"},
    {"Spring", "rediss://app:hush@cache:6379?verifyPeer=NONE", "cache:6379 app 0"},
};

const Case kAmqp[] = {
    {"Celery", "pyamqp://app:hush@mq:5672/shop", "mq:5672 app shop"},
    {"Celery", "amqp://app:hush@a:5672//;amqp://app:hush@b:5672//", "a:5672 app /, b:5672 app /"},
    {"kombu", "amqp://app:hush@broken.example;app:hush@healthy.example",
     "broken.example:5672 app /, healthy.example:5672 app /"},
    {"RabbitMQ",
     "amqps://app:hush@mq/shop?cacertfile=/ca.pem&verify=verify_peer"
     "&server_name_indication=mq.internal&heartbeat=10&connection_timeout=10000",
     "mq:5671 app shop", "heartbeat connection_timeout"},
    {"aio-pika", "amqps://app:hush@mq/shop?cafile=/ca.pem&no_verify_ssl=0&reconnect_interval=5",
     "mq:5671 app shop", "reconnect_interval"},
    {"amqplib of Node", "amqp://app:hush@mq/shop?frameMax=0x1000&channelMax=5", "mq:5672 app shop",
     "frameMax channelMax"},
    {"Symfony", "amqp://guest:guest@localhost:5672/%2f", "localhost:5672 guest /"},
};

void CheckAll(std::span<const Case> cases) {
  for (const Case& one : cases) {
    CAPTURE(one.from);
    CAPTURE(one.url);
    try {
      const Case read = Read(one.url);
      CHECK(read.target == one.target);
      CHECK(read.dropped == one.dropped);
    } catch (const std::exception& error) {
      FAIL_CHECK(error.what());
    }
  }
}

}  // namespace

TEST_CASE("URLs of PostgreSQL are read as frameworks document them") { CheckAll(kPostgres); }
TEST_CASE("URLs of other databases are read as frameworks document them") { CheckAll(kOtherSql); }
TEST_CASE("URLs of Redis are read as frameworks document them") { CheckAll(kRedis); }
TEST_CASE("URLs of RabbitMQ are read as frameworks document them") { CheckAll(kAmqp); }

TEST_CASE("what a URL says about PostgreSQL's TLS and schema is obeyed") {
  struct Row {
    std::string parameters;
    std::string keyword;
    std::string value;
  };
  const Row rows[] = {
      {"sslmode=no-verify", "sslmode", "require"},
      {"ssl={%22rejectUnauthorized%22:true}", "sslmode", "verify-full"},
      {"sslMode=VERIFY_FULL", "sslmode", "verify-full"},
      {"ssl=true&sslmode=verify-ca", "sslmode", "verify-ca"},
      {"sslmode=verify-ca&ssl=true", "sslmode", "verify-ca"},
      {"ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory", "sslmode", "require"},
      {"sslmode=require&sslaccept=strict", "sslmode", "verify-full"},
      {"sslaccept=strict&sslmode=require", "sslmode", "verify-full"},
      {"sslaccept=strict&sslmode=disable", "sslmode", "disable"},
      {"sslaccept=accept_invalid_certs", "sslmode", ""},
      {"sslaccept=strict&sslcert=/ca.pem", "sslrootcert", "/ca.pem"},
      {"sslaccept=strict&sslcert=/ca.pem", "sslcert", ""},
      {"sslrootcert=/ca.pem", "sslrootcert", "/ca.pem"},
      {"sslca=/ca.pem", "sslrootcert", "/ca.pem"},
      {"targetServerType=primary", "target_session_attrs", "primary"},
      {"channelBinding=require", "channel_binding", "require"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.parameters);
    CHECK(ParsePgDsn("postgresql://db/shop?" + row.parameters).Get(row.keyword) == row.value);
  }
  CHECK(ParsePgDsn("postgresql://db/shop?schema_search_path=app,public").search_path ==
        "app,public");
}

TEST_CASE("what the exporter cannot obey is refused, and the message says what it can") {
  struct Row {
    std::string url;
    std::string part;
  };
  const Row rows[] = {
      {"postgresql://db/shop?sslidentity=/hush.p12", "sslcert and sslkey"},
      {"jdbc:postgresql://db/shop?sslfactory=com.example.Hush", "NonValidatingFactory"},
      {"jdbc:postgresql://db/shop?sslhostnameverifier=hush", "verify-full"},
      {"jdbc:postgresql:///shop?cloudSqlInstance=hush&socketFactory=com.google", "Cloud SQL"},
      {"postgresql://db/shop?sslmdoe=hush", "did you mean \"sslmode\""},
      {"postgresql://db/shop?pasword=hush", "did you mean \"password\""},
      {"postgresql://db/shop?tlsThing=hush", "security or the target"},
      {"mysql://db/shop?trustCertificateKeyStoreUrl=file:/hush", "PEM files"},
      {"mysql://db/shop?requireSSL=hush", "neither true nor false"},
      {"redis://cache?host=hush", "redis-sentinel://"},
      {"rediss://cache?ssl_ca_path=/hush", "ssl_ca_certs"},
      {"rediss://cache?ssl_cert_reqs=hush", "one of required, optional, none"},
      {"rediss://cache?ssl_keyfile=/hush.pem", "no certificate"},
      {"amqps://mq?auth_mechanism=external", "PLAIN"},
      {"redis://cache?hu$h", "no valid name"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    try {
      Read(row.url);
      FAIL_CHECK("taken");
    } catch (const std::invalid_argument& error) {
      const std::string text = error.what();
      CHECK_MESSAGE(text.find(row.part) != std::string::npos, text);
      CHECK(text.find("hu") == std::string::npos);
    }
  }
}

TEST_CASE("parameters about TLS say what is checked, and ask for TLS") {
  const RedisEndpoint strict =
      ParseRedisUrl("rediss://h?ssl_cert_reqs=CERT_REQUIRED&ssl_ca_certs=%2Fca.pem");
  CHECK(strict.tls_options.ca_file == "/ca.pem");
  CHECK_FALSE(strict.tls_options.insecure_skip_verify);
  CHECK(ParseRedisUrl("rediss://h?ssl_cert_reqs=none").tls_options.insecure_skip_verify);
  CHECK(ParseRedisUrl("rediss://h?ssl_check_hostname=false").tls_options.skip_host_check);
  CHECK(ParseRedisUrl("redis://h?ssl_cert_reqs=required").tls);
  const RedisEndpoint own = ParseRedisUrl("rediss://h?ssl_certfile=/c.pem");
  CHECK(own.tls_options.key_file == "/c.pem");
  const AmqpEndpoint mq =
      ParseAmqpUrls("amqps://h?verify=verify_none&certfile=/c.pem&keyfile=/k.pem").front();
  CHECK(mq.tls_options.insecure_skip_verify);
  CHECK(mq.tls_options.key_file == "/k.pem");
}

TEST_CASE("URLs of systems that are not built in are known for what they are") {
  for (const char* url : {"mssql://db/shop", "jdbc:sqlserver://db", "oracle://db/shop",
                          "redshift://db/shop", "prisma://proxy/?api_key=hush"}) {
    CAPTURE(std::string(url));
    const auto read = ReadSqlUrl(url);
    REQUIRE(read);
    CHECK(read->system == SqlSystem::kOther);
    CHECK(OtherSystemHint(*read).find("hush") == std::string::npos);
  }
  for (const char* text : {"host=db dbname=shop", "host=db password='jdbc:postgresql://x'", "shop",
                           "hush://db", "jdbc:hush:db", ""}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(ReadSqlUrl(text));
  }
}

}  // namespace collectors
