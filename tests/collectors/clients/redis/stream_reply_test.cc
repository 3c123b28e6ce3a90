#include "collectors/clients/redis/stream_reply.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/captured_reply.h"

namespace collectors {

using testing::CapturedReply;

TEST_CASE("where a group is in its stream is told by both answers") {
  const auto place_of = [](const std::string& version, std::size_t index) {
    return PlaceOf(CapturedReply("xinfo-stream-" + version),
                   CapturedReply("xinfo-groups-" + version).items.at(index));
  };
  const StreamPlace place = place_of("7.0.15", 1);
  CHECK(place.length == 2);
  CHECK(place.pending == 2);
  CHECK(place.read == 3);
  CHECK(place.lag == 0);
  CHECK(place.is_at_end);
  CHECK_FALSE(place.is_before_first);
  CHECK(place.has_deleted);
  CHECK_FALSE(place_of("7.0.15", 0).read);
  CHECK_FALSE(place_of("6.2", 1).lag);
  CHECK(place_of("6.2", 1).is_at_end);
  RedisReply group = CapturedReply("xinfo-groups-7.0.15").items.at(1);
  for (RedisReply& item : group.items) {
    if (item.text == "3000-1") item.text = "999-18446744073709551615";
  }
  CHECK(PlaceOf(CapturedReply("xinfo-stream-7.0.15"), group).is_before_first);
}

TEST_CASE("a count below 0 is none, and neither is a text") {
  RedisReply name;
  name.type = RedisReply::Type::kString;
  name.text = "lag";
  RedisReply count;
  count.type = RedisReply::Type::kInteger;
  RedisReply pairs;
  pairs.items = {name, count};
  CHECK(CountBehind(pairs, "lag") == 0);
  CHECK_FALSE(CountBehind(pairs, "pending"));
  pairs.items[1].integer = -1;
  CHECK_FALSE(CountBehind(pairs, "lag"));
  pairs.items[1] = name;
  CHECK_FALSE(CountBehind(pairs, "lag"));
}

}  // namespace collectors
