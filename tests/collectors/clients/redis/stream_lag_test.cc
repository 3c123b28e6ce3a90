#include "collectors/clients/redis/stream_lag.h"

#include <doctest/doctest.h>

#include <optional>

namespace collectors {
namespace {

const StreamLags::Group kGroup = {0, "events", "workers"};

std::optional<double> First(const StreamPlace& place) { return StreamLags().Of(kGroup, place); }

// Its group had read a hundred entries when there were no others.
StreamLags AfterAHundred() {
  StreamLags lags;
  CHECK(lags.Of(kGroup, {.length = 10, .read = 100, .lag = 0}) == 0);
  return lags;
}

}  // namespace

TEST_CASE("a server's lag is taken if it agrees with what is in the stream") {
  CHECK(First({.length = 5, .read = 2, .lag = 3}) == 3);   // Nothing was ever removed.
  CHECK(First({.length = 5, .read = 90, .lag = 0}) == 0);  // It is never too low.
}

TEST_CASE("a lag is taken if consumers delete what is done, and all else waits or is pending") {
  CHECK(First({.length = 5, .pending = 2, .read = 90, .lag = 3, .has_deleted = true}) == 3);
  CHECK(First({.length = 5, .pending = 2, .lag = 3, .has_deleted = true}) == 3);
  CHECK_FALSE(First({.length = 5, .pending = 1, .lag = 3, .has_deleted = true}));
}

TEST_CASE(
    "entries that were trimmed unread, and as many that are done, are not mistaken for none") {
  // MAXLEN 10: ten read and done; fifteen added, of which five are lost; five of the ten read.
  CHECK_FALSE(First({.length = 10, .read = 15, .lag = 10}));
}

TEST_CASE("a lag that counts entries that were removed unread is none") {
  CHECK_FALSE(First({.length = 1, .pending = 2, .read = 2, .lag = 3}));
  CHECK_FALSE(First({.length = 10, .read = 95, .lag = 3}));
  CHECK_FALSE(First({.length = 10, .read = 95}));
  CHECK_FALSE(First({.length = 10}));
}

TEST_CASE("a group that is known to be at an end of its stream has an exact lag") {
  CHECK(First({.length = 1, .pending = 2, .read = 2, .lag = 3, .is_at_end = true}) == 0);
  CHECK(First({.length = 1, .is_at_end = true}) == 0);
  CHECK(First({.length = 4, .read = 2, .lag = 90, .is_before_first = true}) == 4);
}

TEST_CASE("a lag is taken while all that came since it was right is read or is there") {
  const auto then = [](const StreamPlace& place) { return AfterAHundred().Of(kGroup, place); };
  CHECK(then({.length = 10, .read = 103, .lag = 7}) == 7);
  CHECK_FALSE(then({.length = 10, .read = 103, .lag = 8}));
  CHECK_FALSE(then({.length = 10, .read = 99, .lag = 8}));  // It was set back.
  CHECK_FALSE(then({.length = 10, .lag = 7}));
  CHECK(then({.length = 10, .read = 100, .lag = 50}) == 10);  // It reads nothing.
  CHECK_FALSE(AfterAHundred().Of({0, "events", "others"}, {.length = 10, .read = 103, .lag = 7}));
}

TEST_CASE("a group that is never done with its stream keeps its lag") {
  StreamLags lags = AfterAHundred();
  for (double read = 104; read < 140; read += 4) {
    CHECK(lags.Of(kGroup, {.length = 10, .read = read, .lag = 5}) == 5);
  }
}

TEST_CASE("a group that was set back has no lag by what was known before") {
  for (const std::optional<double> read : {std::optional(40.0), std::optional<double>()}) {
    StreamLags lags = AfterAHundred();
    CHECK_FALSE(lags.Of(kGroup, {.length = 10, .read = read, .lag = 63}));
    CHECK_FALSE(lags.Of(kGroup, {.length = 10, .read = 101, .lag = 2}));
  }
}

TEST_CASE("a lag that was found to be wrong is not taken until the group has read all") {
  StreamLags lags = AfterAHundred();
  CHECK(lags.Of(kGroup, {.length = 10, .read = 104, .lag = 2, .is_at_end = true}) == 0);
  CHECK_FALSE(lags.Of(kGroup, {.length = 10, .read = 104, .lag = 3}));
  CHECK(lags.Of(kGroup, {.length = 10, .read = 110, .lag = 0}) == 0);
  CHECK(lags.Of(kGroup, {.length = 10, .read = 110, .lag = 3}) == 3);
}

TEST_CASE("a group that is gone for a hundred collections is forgotten") {
  StreamLags lags = AfterAHundred();
  for (int i = 0; i < 100; ++i) lags.BeginRun();
  CHECK(lags.Of(kGroup, {.length = 10, .read = 103, .lag = 7}) == 7);
  for (int i = 0; i < 101; ++i) lags.BeginRun();
  CHECK_FALSE(lags.Of(kGroup, {.length = 10, .read = 103, .lag = 7}));
}

}  // namespace collectors
