#include "collectors/redis/streams/stream_part.h"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "exporter/seam/watchdog.h"
#include "tests/support/captured_reply.h"
#include "tests/support/taken.h"

namespace collectors {
namespace {

using exporter::ErrorKind;
using exporter::Reading;
using testing::CapturedReply;
using testing::ReplyOf;

// Streams that all reply as a captured one. Other keys are strings or missing.
class Streams : public KeyStore {
 public:
  std::set<std::string> streams;
  std::set<std::string> strings;
  bool tells_types = true;
  std::vector<RedisCommand> asked;

  std::vector<RedisReply> Ask(const exporter::CollectContext&, int,
                              const std::vector<KeyCommand>& commands) override {
    std::vector<RedisReply> replies;
    for (const KeyCommand& command : commands) {
      asked.push_back(command.words);
      replies.push_back(Answer(command));
    }
    return replies;
  }
  bool TakesManyKeys() const override { return true; }
  std::size_t ShardCount() const override { return 1; }
  std::vector<RedisReply> AskShard(const exporter::CollectContext&, std::size_t, int,
                                   const std::vector<RedisCommand>& commands) override {
    std::vector<RedisReply> replies;
    for (const RedisCommand& words : commands) {
      asked.push_back(words);
      const std::string type = streams.contains(words[1]) ? "+stream\r\n" : "+string\r\n";
      replies.push_back(ReplyOf(tells_types ? type : "-NOPERM no permissions\r\n"));
    }
    return replies;
  }

 private:
  RedisReply Answer(const KeyCommand& command) const {
    if (strings.contains(command.key)) {
      return ReplyOf("-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    }
    if (!streams.contains(command.key)) return ReplyOf("-ERR no such key\r\n");
    const std::map<std::string, std::string> names = {{"STREAM", "xinfo-stream-7.0.15"},
                                                      {"GROUPS", "xinfo-groups-7.0.15"},
                                                      {"CONSUMERS", "xinfo-consumers-7.0.15"}};
    return CapturedReply(names.at(command.words[1]));
  }
};

// Returns every sample by "family value value" of its labels, without db.
std::map<std::string, double> Samples(Reading& reading) {
  std::map<std::string, double> samples;
  for (const auto& timed : exporter::testing::TakenFrom(std::move(reading.families))) {
    for (const auto& metric : timed.family.metric) {
      std::string text = timed.family.name;
      for (const auto& label : metric.label) {
        if (label.name != "db") text += " " + label.value;
      }
      samples[text] = metric.gauge.value;
    }
  }
  return samples;
}

struct Run {
  exporter::Watchdog watchdog;
  exporter::CollectContext context{exporter::Deadline::After(std::chrono::seconds(5)), watchdog};
  Streams store;
  Reading reading;
};

}  // namespace

TEST_CASE("a named stream has its series, its groups' and its consumers'") {
  Run run;
  run.store.streams = {"events"};
  StreamPart part({});
  part.Add({0, "events"});
  part.Collect(run.context, run.store, run.reading);
  CHECK(run.reading.problems.empty());
  const auto samples = Samples(run.reading);
  CHECK(samples.at("redis_stream_length events") == 2);
  CHECK(samples.at("redis_stream_group_messages_pending events mail") == 2);
  CHECK(samples.at("redis_stream_group_consumer_messages_pending events mail ann") == 1);
}

TEST_CASE("a named stream that is not there has a length of 0 and is no problem") {
  Run run;
  StreamPart part({});
  part.Add({0, "events"});
  part.Collect(run.context, run.store, run.reading);
  CHECK(run.reading.problems.empty());
  CHECK(Samples(run.reading).at("redis_stream_length events") == 0);
}

TEST_CASE("a named key that is no stream is a problem of its own") {
  Run run;
  run.store.strings = {"text"};
  run.store.streams = {"events"};
  StreamPart part({});
  part.Add({0, "text"});
  part.Add({0, "events"});
  part.Collect(run.context, run.store, run.reading);
  REQUIRE(run.reading.problems.size() == 1);
  CHECK(run.reading.problems[0].kind() == ErrorKind::kQuery);
  CHECK(run.reading.problems[0].part() == "stream text");
  const auto samples = Samples(run.reading);
  CHECK(samples.count("redis_stream_length text") == 0);
  CHECK(samples.at("redis_stream_length events") == 2);
}

TEST_CASE("groups beyond the bound are cut and counted, and their consumers not asked for") {
  Run run;
  run.store.streams = {"events"};
  StreamPart part({.consumers = true, .max_groups = 1});
  part.Add({0, "events"});
  part.Collect(run.context, run.store, run.reading);
  CHECK(run.reading.cut_series == 1);
  CHECK(run.store.asked.size() == 3);
}

TEST_CASE("consumers are asked for only where they are wanted") {
  Run run;
  run.store.streams = {"events"};
  StreamPart part({.consumers = false});
  part.Add({0, "events"});
  part.Collect(run.context, run.store, run.reading);
  CHECK(run.store.asked.size() == 2);
}

TEST_CASE("what a pattern found is read once, and keys that are no streams are passed over") {
  Run run;
  run.store.streams = {"events:a", "events:b"};
  run.store.strings = {"events:text"};
  StreamPart part({.consumers = false});
  part.Add({0, "events:a"});
  part.Search(0, KeyPattern("events:*"), 10);
  KeyWalks walks({});
  part.ListenTo(walks);
  StreamSearch search(0, KeyPattern("events:*"), 2);
  search.WalkBegan();
  const std::vector<std::string> keys = {"events:a", "events:b", "events:a", "other", "events:c"};
  search.KeysFound({0, 0, keys});
  CHECK(search.Keys() == std::set<std::string>{"events:a", "events:b"});
  search.WalkEnded();
  CHECK(search.cut() == 1);
  search.WalkBegan();
  const std::vector<std::string> later = {"events:d"};
  search.KeysFound({0, 0, later});
  search.WalkEnded();
  CHECK(search.Keys() == std::set<std::string>{"events:d"});
  CHECK(search.cut() == 0);
}

TEST_CASE("keys of other types take no place among the streams") {
  Run run;
  run.store.streams = {"app:s"};
  run.store.strings = {"app:a", "app:b", "app:c"};
  StreamSearch search(0, KeyPattern("app:*"), 1);
  search.AskOf(&run.context, &run.store);
  search.WalkBegan();
  const std::vector<std::string> keys = {"app:a", "app:b", "app:c", "app:s", "other"};
  search.KeysFound({0, 0, keys});
  search.WalkEnded();
  CHECK(search.Keys() == std::set<std::string>{"app:s"});
  CHECK(search.cut() == 0);
  CHECK(run.store.asked.size() == 4);
}

TEST_CASE("keys whose type is not told are taken for streams") {
  Run run;
  run.store.tells_types = false;
  StreamSearch search(0, KeyPattern("app:*"), 10);
  search.AskOf(&run.context, &run.store);
  search.WalkBegan();
  const std::vector<std::string> keys = {"app:a", "app:s"};
  search.KeysFound({0, 0, keys});
  search.WalkEnded();
  CHECK(search.Keys() == std::set<std::string>{"app:a", "app:s"});
}

}  // namespace collectors
