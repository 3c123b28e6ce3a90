#include "collectors/sql/counts/count_kin.h"

#include <doctest/doctest.h>

namespace collectors {

TEST_CASE("counts share where adding up by texts gives what the server's own groups would") {
  struct Case {
    const char* what;
    std::vector<std::vector<std::string>> labels;
    std::vector<Indexes> kin;
  };
  // org and status are exact, name and price are not.
  const Case cases[] = {
      {"exact columns, however many", {{"org"}, {"status", "org"}, {"status"}}, {{0, 1, 2}}},
      {"a column that is not exact is apart", {{"org"}, {"name"}}, {{0}, {1}}},
      {"beside others too", {{"org"}, {"org", "name"}}, {{0}, {1}}},
      {"with the same columns it shares",
       {{"name", "org"}, {"org"}, {"org", "name"}},
       {{1}, {0, 2}}},
      {"with other columns it does not", {{"name"}, {"price"}, {"name", "price"}}, {{0}, {2}, {1}}},
      {"without labels a count shares with any", {{}, {"name"}, {}}, {{0, 1, 2}}},
      {"with exact ones first", {{"name"}, {}, {"org"}}, {{1, 2}, {0}}},
      {"alone", {{}}, {{0}}},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    std::vector<SqlCount> counts(one.labels.size());
    std::vector<const SqlCount*> pointers;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      counts[i].metric.labels = one.labels[i];
      pointers.push_back(&counts[i]);
    }
    CHECK(Kin(pointers, {"org", "status"}) == one.kin);
  }
}

}  // namespace collectors
