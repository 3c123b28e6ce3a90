#include "collectors/clients/postgres/pg_dsn.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace collectors {
namespace {

std::string Refusal(const std::string& dsn) {
  try {
    ParsePgDsn(dsn);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a schema in a URL is the search path") {
  struct Case {
    std::string parameters;
    std::string search_path;
  };
  const Case cases[] = {
      {"", ""},
      {"?sslmode=prefer", ""},
      {"?schema=tenant_a", "\"tenant_a\""},
      {"?connection_limit=5&schema=Tenant%20A&sslmode=prefer", "\"Tenant A\""},
      {"?schema=a%22b%22%22", "\"a\"\"b\"\"\"\"\""},
      {"?schema=", ""},
      {"?schema", ""},
      {"?currentSchema=tenant_a,public", "tenant_a,public"},
      {"?search_path=%22Tenant%20A%22%2Cpublic", "\"Tenant A\",public"},
      {"?schema=a&search_path=b", "b"},
      {"?password=schema%3Dtenant_a", ""},
  };
  for (const Case& one : cases) {
    CAPTURE(one.parameters);
    const PgDsn dsn = ParsePgDsn("postgres://ann:hush@db/shop" + one.parameters);
    CHECK(dsn.search_path == one.search_path);
    CHECK(dsn.Get("search_path").empty());
  }
  CHECK(ParsePgDsn("host=db user=ann password='x?schema=y'").search_path.empty());
}

TEST_CASE("a PostgreSQL DSN is read as applications write it") {
  struct Case {
    std::string dsn;
    std::string name;
    std::string user;
    std::string database;
    std::string sslmode;
  };
  const Case cases[] = {
      {"postgresql://ann:hush@db:6432/shop", "db:6432", "ann", "shop", ""},
      {"postgres://ann:hush@db/shop", "db:5432", "ann", "shop", ""},
      {"postgresql+asyncpg://ann:hush@db:5432/shop", "db:5432", "ann", "shop", ""},
      {"postgres+psycopg2://ann:hush@db:5432/shop", "db:5432", "ann", "shop", ""},
      {"postgres://ann:hush@db/shop?ssl=true", "db:5432", "ann", "shop", "require"},
      {"postgres://ann:hush@db/shop?ssl=require", "db:5432", "ann", "shop", "require"},
      {"postgres://ann:hush@db/shop?ssl=disable", "db:5432", "ann", "shop", "disable"},
      {"postgres://ann:hush@db/shop?ssl=false", "db:5432", "ann", "shop", "disable"},
      {"postgres://ann:hush@db/shop?sslmode=verify-full", "db:5432", "ann", "shop", "verify-full"},
      {"postgres://ann:hush@db/shop?pool_size=5&sslmode=prefer&async_fallback=true", "db:5432",
       "ann", "shop", "prefer"},
      {"postgres://ann:hush@db/shop?pool_size=5", "db:5432", "ann", "shop", ""},
      {"postgres://ann:hush@[::1]:5433/shop", "[::1]:5433", "ann", "shop", ""},
      {"postgres://ann:hush@a:1,b:2/shop", "a:1,b:2", "ann", "shop", ""},
      {"postgres://ann:hush@a,b/shop", "a:5432,b:5432", "ann", "shop", ""},
      {"postgres://ann@/shop?host=/run/pg&port=5433", "/run/pg/.s.PGSQL.5433", "ann", "shop", ""},
      {"host=db port=6432 user=ann password=hush dbname=shop", "db:6432", "ann", "shop", ""},
      {"host=db user=ann password='a://b c'", "db:5432", "ann", "", ""},
      {"hostaddr=10.0.0.7 user=ann", "10.0.0.7:5432", "ann", "", ""},
  };
  for (const Case& one : cases) {
    CAPTURE(one.dsn);
    const PgDsn dsn = ParsePgDsn(one.dsn);
    CHECK(dsn.server_name == one.name);
    CHECK(dsn.Get("user") == one.user);
    CHECK(dsn.Get("dbname") == one.database);
    CHECK(dsn.Get("sslmode") == one.sslmode);
  }
}

TEST_CASE("a password keeps every character that is percent-encoded") {
  CHECK(ParsePgDsn("postgres://a:p%40s%2Fs%3F%23@h/d").Get("password") == "p@s/s?#");
}

TEST_CASE("a DSN that cannot be meant is refused without being quoted") {
  const std::string dsns[] = {
      "postgres://ann:hush%zz@db/shop",
      "postgres://ann:hu@sh@db/shop",
      "postgres://ann:hu/sh@db/shop",
      "postgres://ann:hu?sh@db/shop",
      "postgres://ann:1234/sh@db/shop",
      "postgres://db:hush/shop",
      "postgres://ann:hush@db/shop?1hush",
      "postgres://ann:hush@db/shop?ssl=hush",
      "host=db port=hush",
      "host=db hush",
      "hush",
  };
  for (const std::string& dsn : dsns) {
    CAPTURE(dsn);
    const std::string refusal = Refusal(dsn);
    CHECK_FALSE(refusal.empty());
    CHECK(refusal.find("hu") == std::string::npos);
  }
}

TEST_CASE("with a service nothing is filled in, as that comes before the environment") {
  const struct {
    const char* dsn;
    const char* service;  // PGSERVICE.
    const char* port;     // The port that is set here; empty if libpq finds it.
  } cases[] = {
      {"dbname=shop", nullptr, "6000"},
      {"service=shop", nullptr, ""},
      {"dbname=shop", "shop", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(std::string(c.dsn));
    ::setenv("PGPORT", "6000", 1);
    if (c.service != nullptr) ::setenv("PGSERVICE", c.service, 1);
    const PgDsn dsn = ParsePgDsn(c.dsn);
    ::unsetenv("PGPORT");
    ::unsetenv("PGSERVICE");
    CHECK(dsn.Get("port") == c.port);
    CHECK(dsn.Get("host").empty() == std::string(c.port).empty());
  }
}

TEST_CASE("a number is what libpq reads as one") {
  for (const char* good : {"10", "-1", "+10", "%2010%20"}) {
    CAPTURE(good);
    CHECK_NOTHROW(ParsePgDsn(std::string("postgresql://h/d?connect_timeout=") + good));
  }
  for (const char* bad : {"soon", "10s", "-", "1%202"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(ParsePgDsn(std::string("postgresql://h/d?connect_timeout=") + bad),
                    std::invalid_argument);
  }
}

TEST_CASE("a misspelt parameter is refused by its name") {
  CHECK(Refusal("postgres://ann:hush@db/shop?sslmod=require").find("\"sslmod\"") !=
        std::string::npos);
}

}  // namespace collectors
