// The options of sql, postgres and db_pool: what is refused, and what is claimed.
#include <doctest/doctest.h>

#include "collectors/db_pool/db_pool_collector.h"
#include "collectors/postgres/postgres_collector.h"
#include "collectors/sql/sql_type.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/job_settings.h"
#include "tests/support/capture.h"

namespace collectors {
namespace {

using Make = std::unique_ptr<exporter::Collector> (*)(exporter::YamlReader&,
                                                      const exporter::JobSettings&);

struct Made {
  std::unique_ptr<exporter::Collector> collector;
  std::string problems;  // One per line.
};

Made MakeFrom(Make make, const std::string& yaml) {
  std::vector<exporter::ConfigProblem> problems;
  exporter::YamlReader reader(YAML::Load(yaml), problems);
  Made made{make(reader, {}), ""};
  reader.RejectUnknownKeys();
  for (const auto& problem : problems) made.problems += problem.message + "\n";
  return made;
}

const std::string kDsn = "dsn: postgresql://u:pw@h/db\n";

}  // namespace

TEST_CASE("a wrong option is refused with words that say which") {
  struct Case {
    Make make;
    std::string yaml;
    std::string says;
  };
  const std::vector<Case> table = {
      {MakeSqlCollector, "counts: [{metric: a, table: t}]", "dsn"},
      {MakeSqlCollector, kDsn, "counts or queries"},
      {MakeSqlCollector, kDsn + "counts: [{metric: 1a, table: t}]", "no metric name"},
      {MakeSqlCollector, kDsn + "counts: [{metric: a, table: t.}]", "no table name"},
      {MakeSqlCollector, kDsn + "counts: [{metric: a}]", "table"},
      {MakeSqlCollector, kDsn + "counts: [{metric: a, table: t, by: [Org Id]}]", "no label name"},
      {MakeSqlCollector, kDsn + "counts: [{metric: a, table: t, by: [x, x]}]", "twice"},
      {MakeSqlCollector, kDsn + "counts: [{metric: a, table: t, on_missing: one}]", "on_missing"},
      {MakeSqlCollector, kDsn + "count_mode: estimate\ncounts: [{metric: a, table: t}]",
       "exact or auto"},
      {MakeSqlCollector, kDsn + "counts: [{metric: a, table: t, mode: fast}]", "estimate"},
      {MakeSqlCollector, kDsn + "counts: [{metric: a, table: t, mode: estimate, by: [x]}]",
       "cannot be by columns"},
      {MakeSqlCollector, "dsn: sqlite:///tmp/a.db\ncounts: [{metric: a, table: t, mode: estimate}]",
       "only PostgreSQL"},
      {MakeSqlCollector, kDsn + "counts: [{metric: a, table: t, count_up_to: 0}]", "count_up_to"},
      {MakeSqlCollector, kDsn + "counts: [{metric: a, table: t, count_up_to: 5, by: [x]}]",
       "cannot be by columns"},
      {MakeSqlCollector, kDsn + "counts: [{metric: a, table: t, count_up_to: 5, mode: auto}]",
       "leave mode out"},
      {MakeSqlCollector, kDsn + "counts: [{metric: a, table: t}, {metric: a, table: u}]",
       "constant_labels"},
      {MakeSqlCollector, kDsn + "queries: [{sql: SELECT 1}]", "metrics"},
      {MakeSqlCollector, kDsn + "databases: {}\ncounts: [{metric: a, table: t, by: [datname]}]",
       "another name"},
      {MakeSqlCollector,
       kDsn + "databases: {}\ncounts: [{metric: a, table: t, constant_labels: {datname: x}}]",
       "another name"},
      {MakeSqlCollector,
       kDsn + "databases: {}\n"
              "queries: [{sql: S, metrics: [{name: a, value: v, labels: [datname]}]}]",
       "another name"},
      {MakeSqlCollector,
       kDsn + "databases: {}\n"
              "queries: [{sql: S, metrics: [{name: a, values: [v], value_label: datname}]}]",
       "another name"},
      {MakeSqlCollector,
       kDsn + "databases: {}\n"
              "queries: [{sql: S, interval: 1m, metrics: [{name: a, value: v}]}]",
       "interval of databases"},
      {MakeSqlCollector, "dsn: sqlite:///tmp/a.db\ndatabases: {}\ncounts: [{metric: a, table: t}]",
       "one database"},
      {MakeSqlCollector, kDsn + "counts: [{metric: a, table: t, by: [exporter_count_0]}]",
       "kept for the counts"},
      {MakeSqlCollector, kDsn + "queries: [{metrics: [{name: a, value: v}]}]", "sql"},
      {MakeSqlCollector, kDsn + "queries: [{sql: S, metrics: [{name: a}]}]", "value"},
      {MakeSqlCollector, kDsn + "queries: [{sql: S, metrics: [{name: a, value: v, type: x}]}]",
       "gauge, counter, untyped or histogram"},
      {MakeSqlCollector,
       kDsn + "queries: [{sql: S, since: 16, until: 15, metrics: [{name: a, value: v}]}]",
       "until comes before since"},
      {MakeSqlCollector, kDsn + "queries: [{sql: S, interval: 1s, metrics: [{name: a, value: v}]}]",
       "more often"},
      {MakeSqlCollector, kDsn + "queries: [{sql: S, metrics: [{name: a, value: v, lables: [x]}]}]",
       "labels"},
      {MakeSqlCollector,
       kDsn + "counts: [{metric: a, table: t}]\n"
              "queries: [{sql: S, metrics: [{name: a, value: v, type: counter, labels: [x]}]}]",
       "a counter in another"},
      {MakePostgresCollector, "dsn: sqlite:///tmp/a.db", "PostgreSQL"},
      {MakePostgresCollector, "{}", "dsn"},
      {MakeDbPoolCollector, kDsn, "pools"},
      {MakeDbPoolCollector, kDsn + "pools: [{name: web}]", "application_name"},
      {MakeDbPoolCollector, kDsn + "pools: [{name: web, user: a}, {name: web, user: b}]", "twice"},
      {MakeDbPoolCollector, kDsn + "pools: [{name: web, client_addr: 10.0.0.0/33}]", "client_addr"},
      {MakeDbPoolCollector, kDsn + "pools: [{name: web, client_addr: here}]", "client_addr"},
      {MakeDbPoolCollector, kDsn + "pools: [{name: web, user: a, size: -1}]", "size"},
  };
  for (const auto& wrong : table) {
    CAPTURE(wrong.yaml);
    const Made made = MakeFrom(wrong.make, wrong.yaml);
    CAPTURE(made.problems);
    CHECK(made.problems.find(wrong.says) != std::string::npos);
    CHECK(made.problems.find("pw") == std::string::npos);
  }
}

TEST_CASE("good options are taken without a word") {
  const std::vector<std::pair<Make, std::string>> table = {
      {MakeSqlCollector,
       kDsn +
           "parallel: true\nmax_rows: 50\n"
           "counts: [{metric: a, table: s.t, where: x > 1, by: [org, state], on_missing: zero}]\n"
           "queries: [{sql: SELECT 1 AS v, interval: 5m, on_missing: keep, metrics: [{name: b, "
           "value: v, type: counter, labels: [x], help: H., constant_labels: {c: d}}]}]"},
      {MakeSqlCollector, "dsn: sqlite:///tmp/shop.db\ncounts: [{metric: a, table: t}]"},
      {MakeSqlCollector,
       kDsn + "count_mode: auto\n"
              "counts: [{metric: a, table: t}, {metric: b, table: t, mode: estimate, where: x}, "
              "{metric: c, table: t, count_up_to: 500}, {metric: d, table: t, by: [x]}]"},
      {MakeSqlCollector,
       "dsn: sqlite:///tmp/shop.db\ncount_mode: auto\n"
       "counts: [{metric: a, table: t}, {metric: b, table: t, count_up_to: 5}]"},
      {MakeSqlCollector, kDsn +
                             "databases: {skip_missing: true, interval: 1m}\n"
                             "queries: [{sql: S, interval: 1h, metrics: [{name: a, value: v}]}]"},
      {MakeSqlCollector, "dsn: mysql://u:pw@h/db\ndatabases: {}\ncounts: [{metric: a, table: t}]"},
      {MakeSqlCollector, kDsn + "counts: [{metric: a, table: t, by: [datname]}]"},
      {MakePostgresCollector, "dsn: host=h dbname=db"},
      {MakePostgresCollector, "dsn: postgresql+asyncpg://u:pw@h/db?ssl=require"},
      {MakeDbPoolCollector,
       kDsn + "pools: [{name: web, application_name: web%, client_addr: self, size: 5, "
              "max_overflow: 10}, {name: net, client_addr: 10.0.0.0/8}, {name: v6, client_addr: "
              "'fd00::1'}]"},
  };
  for (const auto& [make, yaml] : table) {
    CAPTURE_BOUND(yaml);
    const Made made = MakeFrom(make, yaml);
    CHECK(made.problems.empty());
    CHECK(made.collector != nullptr);
  }
}

TEST_CASE("a collector claims the series that it exports") {
  const Made made =
      MakeFrom(MakeDbPoolCollector, kDsn + "pools: [{name: web, user: shop, size: 5}]");
  REQUIRE(made.collector);
  const auto claims = made.collector->Claims();
  REQUIRE_FALSE(claims.empty());
  CHECK(claims[0].name == "db_pool_size");
  for (const auto& claim : claims) CHECK(claim.labels == exporter::Labels{{"pool", "web"}});
  const Made counted =
      MakeFrom(MakeSqlCollector, kDsn + "counts: [{metric: a, table: t, by: [org]}]");
  REQUIRE(counted.collector);
  REQUIRE(counted.collector->Claims().size() == 1);
  CHECK(counted.collector->Claims()[0].labels == exporter::Labels{{"org", "*"}});
}

TEST_CASE("with databases it claims its series for each of them") {
  const Made made =
      MakeFrom(MakeSqlCollector, kDsn +
                                     "databases: {include: [a]}\n"
                                     "counts: [{metric: a, table: t, constant_labels: {c: d}}]\n"
                                     "queries: [{sql: S, metrics: [{name: b, value: v}]}]");
  CHECK(made.problems.empty());
  REQUIRE(made.collector);
  const auto claims = made.collector->Claims();
  REQUIRE(claims.size() == 2);
  CHECK(claims[0].labels == exporter::Labels{{"c", "d"}, {"datname", "*"}});
  CHECK(claims[1].labels == exporter::Labels{{"datname", "*"}});
}

}  // namespace collectors
