#include "collectors/pgbouncer/client_groups.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>

#include "tests/support/scripted_sql.h"

namespace collectors {
namespace {

using exporter::Reading;

const std::vector<std::string> kColumns = {"user", "database", "state", "application_name"};

std::map<std::string, double> CountsOf(const Rows& rows) {
  Reading reading;
  AddClientGroups(rows, reading);
  std::map<std::string, double> counts;
  for (const auto& [labels, value] :
       SamplesOf(std::move(reading.families), "pgbouncer_client_connections")) {
    CHECK(counts.emplace(labels, value).second);
  }
  return counts;
}

}  // namespace

TEST_CASE("beyond 500 groups the smallest lose their application_name and nothing else") {
  Rows rows{kColumns, {}};
  for (int n = 0; n < 2000; ++n) {
    rows.cells.push_back({"shop", "shop", "active", "app-" + std::to_string(n)});
  }
  for (int n = 0; n < 3; ++n) rows.cells.push_back({"shop", "shop", "active", "zebra"});
  rows.cells.push_back({"shop", "shop", "waiting", "zz"});
  const auto counts = CountsOf(rows);
  CHECK(counts.size() == 502);
  CHECK(counts.at("shop/shop/zebra/active") == 3);
  CHECK(counts.at("shop/shop/other/active") == 2000 - 499);
  CHECK(counts.at("shop/shop/other/waiting") == 1);
}

TEST_CASE("a client that calls itself other is counted with the others") {
  Rows rows{kColumns, {}};
  for (int n = 0; n < 501; ++n) {
    rows.cells.push_back({"shop", "shop", "active", "app-" + std::to_string(n)});
  }
  for (int n = 0; n < 2; ++n) rows.cells.push_back({"shop", "shop", "active", "other"});
  CHECK(CountsOf(rows).at("shop/shop/other/active") == 2 + 2);
}

TEST_CASE("an application_name that is no UTF-8 is shown as far as it is") {
  const auto counts = CountsOf({kColumns, {{"shop", "shop", "active", "a\xFF\"\n"}}});
  CHECK(counts.begin()->first == "shop/shop/a\xEF\xBF\xBD\"\n/active");
}

}  // namespace collectors
