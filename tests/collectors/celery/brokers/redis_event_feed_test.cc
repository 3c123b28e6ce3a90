#include "collectors/celery/brokers/redis_event_feed.h"

#include <doctest/doctest.h>

#include <string>

namespace collectors {

TEST_CASE("a message that is sent on two channels is heard once, one that is sent twice twice") {
  TwinMessages twins;
  CHECK_FALSE(twins.IsTwin("/0.celeryev/task.multi", "one"));
  CHECK(twins.IsTwin("/{db}.celeryev/task.multi", "one"));
  CHECK_FALSE(twins.IsTwin("/0.celeryev/task.multi", "one"));
  for (int i = 0; i < 2000; ++i) {
    CHECK_FALSE(twins.IsTwin("/0.celeryev/task.multi", std::to_string(i)));
  }
  CHECK_FALSE(twins.IsTwin("/{db}.celeryev/task.multi", "one"));
  CHECK(twins.IsTwin("/{db}.celeryev/task.multi", "1999"));
}

}  // namespace collectors
