#include "exporter/config/nearest.h"

#include <doctest/doctest.h>

#include <array>

namespace exporter {

TEST_CASE("the distance of two words counts typing mistakes") {
  CHECK(EditDistance("interval", "interval") == 0);
  CHECK(EditDistance("intervall", "interval") == 1);
  CHECK(EditDistance("intreval", "interval") == 1);
  CHECK(EditDistance("imterval", "interval") == 1);
  CHECK(EditDistance("", "url") == 3);
  CHECK(EditDistance("kitten", "sitting") == 3);
}

TEST_CASE("the nearest key is offered, and none where nothing is near") {
  constexpr std::array<std::string_view, 4> kKnown = {"interval", "timeout", "url", "type"};
  CHECK(Nearest("intervall", kKnown) == "interval");
  CHECK(Nearest("tpye", kKnown) == "type");
  CHECK(Nearest("uri", kKnown) == "url");
  CHECK(Nearest("colour", kKnown).empty());
  CHECK(Nearest("u", kKnown).empty());
  CHECK(Nearest(std::string(100000, 'u'), kKnown).empty());
  CHECK(DidYouMean("time_out", kKnown) == "; did you mean \"timeout\"?");
  CHECK(DidYouMean("colour", kKnown).empty());
}

}  // namespace exporter
