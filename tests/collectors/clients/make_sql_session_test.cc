#include "collectors/clients/make_sql_session.h"

#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include <memory>
#include <string>
#include <vector>

namespace collectors {
namespace {

using exporter::ConfigProblem;
using exporter::YamlReader;

struct Made {
  std::unique_ptr<SqlSession> session;
  std::vector<ConfigProblem> problems;
};

Made Make(const std::string& yaml) {
  Made made;
  YamlReader options(YAML::Load(yaml), made.problems);
  exporter::SecretSource dsn = options.RequiredSource("dsn");
  made.session = MakeSqlSession(options, "dsn", {std::move(dsn), "exporter/test"});
  return made;
}

}  // namespace

TEST_CASE("a DSN's scheme decides which database is asked") {
  struct Case {
    std::string dsn;
    SqlDialect dialect;
    std::string name;
  };
  const Case cases[] = {
      {"postgresql://ann:hush@db/shop", SqlDialect::kPostgres, "db:5432"},
      {"postgresql+asyncpg://ann:hush@db/shop", SqlDialect::kPostgres, "db:5432"},
      {"POSTGRES://ann:hush@db/shop", SqlDialect::kPostgres, "db:5432"},
      {"host=db port=6432 dbname=shop", SqlDialect::kPostgres, "db:6432"},
      {"mysql://ann:hush@db/shop", SqlDialect::kMysql, "db:3306"},
      {"mysql+pymysql://ann:hush@db:3307/shop", SqlDialect::kMysql, "db:3307"},
      {"mariadb://ann:hush@db/shop", SqlDialect::kMysql, "db:3306"},
      {"sqlite:///data/app.db", SqlDialect::kSqlite, ""},
      {"sqlite+aiosqlite:////data/app.db", SqlDialect::kSqlite, ""},
  };
  for (const Case& one : cases) {
    CAPTURE(one.dsn);
    const Made made = Make("dsn: \"" + one.dsn + "\"");
    CHECK(made.problems.empty());
    REQUIRE(made.session != nullptr);
    CHECK(made.session->dialect() == one.dialect);
    CHECK(made.session->ServerName() == one.name);
  }
}

TEST_CASE("a DSN that leads nowhere is a problem where it stands, and is not quoted") {
  struct Case {
    std::string dsn;
    std::string part;
  };
  const Case cases[] = {
      {"mssql+pyodbc://ann:hush@db/shop", "mssql:// is not built in"},
      {"mysql://ann:hu%sh@db/shop", "percent-encoded"},
      {"mysql://ann:hush@db/shop?ssl-mod=REQUIRED", "ssl-mod"},
      {"hush://db", "it must be a URL"},
      {"hush", "it must be a URL"},
      {"sqlite://", "whole path"},
      {"sqlite:///:memory:", "whole path"},
      {"postgres://ann:hu%sh@db/shop", "percent-encoded"},
      {"postgres://ann:hush@db/shop?sslmod=require", "sslmod"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.dsn);
    const Made made = Make("\n\ndsn: \"" + one.dsn + "\"");
    CHECK(made.session == nullptr);
    REQUIRE(made.problems.size() == 1);
    CHECK(made.problems[0].line == 3);
    CHECK(made.problems[0].message.find(one.part) != std::string::npos);
    CHECK(made.problems[0].message.find("hush") == std::string::npos);
  }
}

TEST_CASE("a DSN whose file is not there yet is taken for PostgreSQL") {
  const Made made = Make("dsn_file: /nonexistent/dsn");
  CHECK(made.problems.empty());
  REQUIRE(made.session != nullptr);
  CHECK(made.session->dialect() == SqlDialect::kPostgres);
}

}  // namespace collectors
