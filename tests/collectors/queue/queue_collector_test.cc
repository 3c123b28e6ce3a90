#include "collectors/queue/queue_collector.h"

#include <doctest/doctest.h>
#include <prometheus/text_serializer.h>
#include <yaml-cpp/yaml.h>

#include <chrono>
#include <string>
#include <vector>

#include "exporter/job.h"
#include "exporter/yaml_reader.h"
#include "tests/support/fake_server.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::Reading;
using std::chrono::milliseconds;
using testing::FakeServer;
using Peer = FakeServer::Peer;

// What is wrong with a configuration of the collector's own keys.
std::vector<exporter::ConfigProblem> ProblemsOf(const std::string& yaml,
                                                std::unique_ptr<exporter::Collector>* made) {
  std::vector<exporter::ConfigProblem> problems;
  exporter::YamlReader reader(YAML::Load(yaml), problems);
  exporter::JobSettings settings;
  settings.name = "jobs";
  auto collector = kQueueType.make(reader, settings);
  reader.RejectUnknownKeys();
  if (made != nullptr) *made = std::move(collector);
  return problems;
}

std::unique_ptr<exporter::Collector> CollectorAt(const FakeServer& server,
                                                 const std::string& queues) {
  std::unique_ptr<exporter::Collector> collector;
  const auto problems = ProblemsOf("{url: \"redis://127.0.0.1:" + std::to_string(server.port()) +
                                       "\", queues: [" + queues + "]}",
                                   &collector);
  REQUIRE(problems.empty());
  return collector;
}

Reading Run(exporter::Collector& collector) {
  exporter::Watchdog watchdog;
  return collector.Collect({exporter::Deadline::After(milliseconds(5000)), watchdog});
}

std::string PageOf(Reading reading) {
  std::vector<prometheus::MetricFamily> families;
  for (auto& timed : std::move(reading.families).Take()) families.push_back(timed.family);
  return prometheus::TextSerializer().Serialize(families);
}

// Takes the name, then answers all that is asked, in one go.
FakeServer::Script AnswerAll(const std::string& last_word, const std::string& replies) {
  return [=](Peer& peer) {
    peer.Expect("exporter:jobs\r\n");
    peer.Send("+OK\r\n");
    peer.Expect(last_word + "\r\n");
    peer.Send(replies);
    peer.Mute();
  };
}

}  // namespace

TEST_CASE("a queue of the wrong type costs itself, and its neighbours are read") {
  FakeServer server(AnswerAll("queue:two", "-WRONGTYPE Operation against a key\r\n:5\r\n"));
  const auto collector = CollectorAt(server,
                                     "{name: one, system: redis_list}, "
                                     "{name: two, system: redis_list, key: \"queue:two\"}");
  Reading reading = Run(*collector);
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].part() == "one");
  CHECK(Name(reading.problems[0].kind()) == "query");
  const std::string page = PageOf(std::move(reading));
  CHECK(page.find("queue_depth{queue=\"two\",system=\"redis_list\",state=\"waiting\"} 5\n") !=
        std::string::npos);
  CHECK(page.find("\"one\"") == std::string::npos);
}

TEST_CASE("a server that loads its data is a failure of the run") {
  FakeServer server(AnswerAll("one", "-LOADING Redis is loading the dataset in memory\r\n"));
  const auto collector = CollectorAt(server, "{name: one, system: redis_list}");
  try {
    Run(*collector);
    FAIL("read");
  } catch (const CollectError& error) {
    CHECK(Name(error.kind()) == "connect");
  }
}

TEST_CASE("every queue claims its depth") {
  FakeServer server([](Peer& peer) { peer.Mute(); });
  const auto claims = CollectorAt(server,
                                  "{name: a, system: redis_list}, "
                                  "{name: a, system: redis_zset}")
                          ->Claims();
  REQUIRE(claims.size() == 2);
  CHECK(claims[1].name == "queue_depth");
  CHECK(claims[1].labels ==
        exporter::Labels{{"queue", "a"}, {"system", "redis_zset"}, {"state", "waiting"}});
}

TEST_CASE("a configuration of queues that cannot work says what is wrong") {
  struct Case {
    std::string yaml, expected;
  };
  const std::string url = "url: \"redis://h\"";
  const Case cases[] = {
      {"{" + url + "}", "queues must name one queue"},
      {"{queues: [{name: a, system: redis_list}]}", "url"},
      {"{url: \"redisss://:hunter2@h\", queues: [{name: a, system: redis_list}]}", "rediss://"},
      {"{" + url + ", queues: [{system: redis_list}]}", "name"},
      {"{" + url + ", queues: [{name: a}]}", "system"},
      {"{" + url + ", queues: [{name: a, system: redis_lst}]}", "redis_list"},
      {"{" + url + ", queues: [{name: a, system: redis_stream}]}", "group"},
      {"{" + url + ", queues: [{name: a, system: redis_list, group: g}]}", "redis_stream"},
      {"{" + url + ", queues: [{name: a, system: redis_list, kye: b}]}", "key"},
      {"{" + url + ", queues: [{name: a, system: redis_list}, {name: a, system: redis_list}]}",
       "two queues"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.yaml);
    const auto problems = ProblemsOf(c.yaml, nullptr);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].message.find(c.expected) != std::string::npos);
    CHECK(problems[0].message.find("hunter2") == std::string::npos);
  }
}

}  // namespace collectors
