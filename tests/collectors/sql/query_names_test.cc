#include "collectors/sql/query_names.h"

#include <doctest/doctest.h>

namespace collectors {

TEST_CASE("each statement has a name of its own") {
  QueryNames names;
  CHECK(names.Take("slow"));
  CHECK_FALSE(names.Take("slow"));
  CHECK(names.Free("rows", "rows of a") == "rows");
  CHECK(names.Free("rows", "rows of b") == "rows of b");
  CHECK(names.Free("rows", "rows of b") == "rows of b #2");
  CHECK(names.Free("rows", "rows of b") == "rows of b #3");
  CHECK(names.Free("slow", "slow") == "slow #2");
}

}  // namespace collectors
