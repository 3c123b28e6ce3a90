#include "collectors/redis/streams/stream_state.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "collectors/clients/redis/stream_reply.h"
#include "exporter/forms/exposition.h"
#include "tests/support/captured_reply.h"
#include "tests/support/taken.h"

namespace collectors {
namespace {

using testing::CapturedReply;

// "name=value" of every sample, without the prefix redis_stream_ and labels.
std::string Values(exporter::FamilySet families) {
  std::string text;
  for (const auto& timed : exporter::testing::TakenFrom(std::move(families))) {
    for (const auto& metric : timed.family.metric) {
      text += text.empty() ? "" : " ";
      text += timed.family.name.substr(std::string("redis_stream_").size()) + "=";
      exporter::AppendNumber(text, metric.gauge.value);
    }
  }
  return text;
}

std::string OfStream(const std::string& name) {
  exporter::FamilySet families;
  AddStream(CapturedReply(name), {{"db", "db0"}, {"stream", "events"}}, families);
  return Values(std::move(families));
}

std::string OfGroup(const std::string& version, std::size_t index) {
  exporter::FamilySet families;
  const RedisReply group = CapturedReply("xinfo-groups-" + version).items.at(index);
  const StreamPlace place = PlaceOf(CapturedReply("xinfo-stream-" + version), group);
  AddStreamGroup(group, place.lag, {{"group", "g"}}, families);
  return Values(std::move(families));
}

}  // namespace

TEST_CASE("what a stream says is shown, and nothing for what an old server does not say") {
  CHECK(OfStream("xinfo-stream-7.0.15") ==
        "length=2 radix_tree_keys=1 radix_tree_nodes=2 last_generated_id=3000 "
        "max_deleted_entry_id=2000 groups=2 first_entry_id=1000 last_entry_id=3000");
  CHECK(OfStream("xinfo-stream-8.2.3") == OfStream("xinfo-stream-7.0.15"));
  CHECK(OfStream("xinfo-stream-6.2") ==
        "length=2 radix_tree_keys=1 radix_tree_nodes=2 last_generated_id=3000 groups=2 "
        "first_entry_id=1000 last_entry_id=3000");
  CHECK(OfStream("xinfo-stream-empty-7.0.15") ==
        "length=0 radix_tree_keys=0 radix_tree_nodes=1 last_generated_id=0 "
        "max_deleted_entry_id=0 groups=1 first_entry_id=0 last_entry_id=0");
}

TEST_CASE("a group has its lag where the server can tell it") {
  CHECK(StreamGroupNames(CapturedReply("xinfo-groups-7.0.15")) ==
        std::vector<std::string>{"bill", "mail"});
  CHECK(OfGroup("7.0.15", 0) ==
        "group_consumers=0 group_messages_pending=0 group_last_delivered_id=3000 group_lag=0");
  CHECK(OfGroup("7.0.15", 1) ==
        "group_consumers=2 group_messages_pending=2 group_last_delivered_id=3000 "
        "group_entries_read=3 group_lag=0");
  CHECK(OfGroup("6.2", 1) ==
        "group_consumers=2 group_messages_pending=2 group_last_delivered_id=3000");
}

TEST_CASE("each consumer has its pending entries and its idle time in seconds") {
  exporter::FamilySet families;
  AddStreamConsumers(CapturedReply("xinfo-consumers-7.0.15"), {{"group", "mail"}}, families);
  const auto taken = exporter::testing::TakenFrom(std::move(families));
  REQUIRE(taken.size() == 2);
  const auto& pending = taken[0].family.metric;
  REQUIRE(pending.size() == 2);
  CHECK(pending[0].label.back().value == "ann");
  CHECK(pending[0].gauge.value == 1);
  const double idle = taken[1].family.metric[0].gauge.value;
  CHECK(idle > 0);
  CHECK(idle < 60);
}

TEST_CASE("a stream that is not there has a length and groups of 0") {
  exporter::FamilySet families;
  AddAbsentStream({{"stream", "x"}}, families);
  CHECK(Values(std::move(families)) == "length=0 groups=0");
}

TEST_CASE("a reply of another shape has no samples") {
  RedisReply number;
  number.type = RedisReply::Type::kInteger;
  RedisReply odd;
  odd.type = RedisReply::Type::kArray;
  odd.items = {number, number, number};
  for (const RedisReply& reply : {RedisReply(), number, odd}) {
    exporter::FamilySet families;
    AddStream(reply, {}, families);
    AddStreamGroup(reply, PlaceOf(reply, reply).lag, {}, families);
    AddStreamConsumers(reply, {}, families);
    CHECK(std::move(families).Take().empty());
  }
  CHECK(StreamGroupNames(RedisReply()).empty());
}

}  // namespace collectors
