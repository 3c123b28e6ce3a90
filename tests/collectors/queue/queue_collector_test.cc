#include "collectors/queue/queue_collector.h"

#include <doctest/doctest.h>
#include <prometheus/text_serializer.h>
#include <yaml-cpp/yaml.h>

#include <chrono>
#include <string>
#include <vector>

#include "exporter/config/yaml_reader.h"
#include "exporter/seam/job_settings.h"
#include "tests/support/fake_server.h"
#include "tests/support/taken.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::Reading;
using std::chrono::milliseconds;
using testing::FakeServer;
using Peer = FakeServer::Peer;

// The problems of a configuration of the collector's own keys.
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
                                                 const std::string& queues,
                                                 const std::string& more = "") {
  std::unique_ptr<exporter::Collector> collector;
  const auto problems = ProblemsOf("{url: \"redis://127.0.0.1:" + std::to_string(server.port()) +
                                       "\", queues: [" + queues + "]" + more + "}",
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
  for (auto& timed : exporter::testing::TakenFrom(std::move(reading.families)))
    families.push_back(timed.family);
  return prometheus::TextSerializer().Serialize(families);
}

// Accepts the client's name, then answers all commands at once.
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

TEST_CASE("an entry that is refused costs its age, and the counts are shown") {
  FakeServer server([](Peer& peer) {
    peer.Expect("exporter:jobs\r\n");
    peer.Send("+OK\r\n");
    peer.Expect("+inf\r\n");
    peer.Send(":3\r\n:4\r\n");
    peer.Expect("ZRANGEBYSCORE");
    peer.Expect("\r\n1\r\n");
    peer.Send("-NOPERM no\r\n");
    peer.Mute();
  });
  const auto collector = CollectorAt(server, "{name: one, system: redis_zset}");
  Reading reading = Run(*collector);
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].part() == "one");
  CHECK(Name(reading.problems[0].kind()) == "permission");
  CHECK(reading.problems[0].what() == std::string("the oldest entry: ZRANGEBYSCORE: NOPERM no"));
  const std::string page = PageOf(std::move(reading));
  CHECK(page.find("state=\"waiting\"} 3\n") != std::string::npos);
  CHECK(page.find("queue_oldest_age_seconds{") == std::string::npos);
}

TEST_CASE("an entry that Redis cannot send in time, or at all, costs its age") {
  struct Case {
    const char* reply;
    const char* kind;
  };
  const Case cases[] = {{"*2\r\n$100000000\r\n", "limit"}, {"*2\r\n$100", "timeout"}};
  for (const Case& c : cases) {
    CAPTURE(c.kind);
    FakeServer server([&c](Peer& peer) {
      peer.Expect("exporter:jobs\r\n");
      peer.Send("+OK\r\n");
      peer.Expect("+inf\r\n");
      peer.Send(":3\r\n:4\r\n");
      peer.Expect("ZRANGEBYSCORE");
      peer.Send(c.reply);
      peer.Mute();
    });
    const auto collector = CollectorAt(server, "{name: one, system: redis_zset}");
    exporter::Watchdog watchdog;
    Reading reading = collector->Collect({exporter::Deadline::After(milliseconds(500)), watchdog});
    REQUIRE(reading.problems.size() == 1);
    CHECK(Name(reading.problems[0].kind()) == c.kind);
    CHECK(reading.problems[0].part() == "oldest entries");
    CHECK(PageOf(std::move(reading)).find("state=\"scheduled\"} 4\n") != std::string::npos);
  }
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

TEST_CASE("a queue that was found does not take the name of one that the configuration names") {
  FakeServer server([](Peer& peer) {
    peer.Expect("exporter:jobs\r\n");
    peer.Send("+OK\r\n");
    peer.Expect("SCAN\r\n");
    peer.Send("*2\r\n$1\r\n0\r\n*2\r\n$16\r\nhuey.redis.mails\r\n$14\r\nhuey.redis.old\r\n");
    peer.Expect("huey.schedule.old\r\n");
    peer.Send(":7\r\n-WRONGTYPE\r\n:0\r\n");
    peer.Mute();
  });
  const auto collector =
      CollectorAt(server, "{name: mails, system: huey, key: old}", ", discover: [huey]");
  Reading reading = Run(*collector);
  CHECK(reading.problems.empty());
  CHECK(PageOf(std::move(reading)).find("queue=\"mails\",system=\"huey\",state=\"waiting\"} 7\n") !=
        std::string::npos);
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
      {"{" + url + ", queues: [{name: a, system: rq, prefix: b}]}", "no prefix"},
      {"{" + url + ", queues: [{name: a, system: rq, group: g}]}", "redis_stream"},
      {"{" + url + ", discover: [rq, sq]}", "sidekiq"},
      {"{" + url + ", discover: [rq, celery]}", "type: celery"},
      {"{" + url + ", discover: [{system: celery}]}", "type: celery"},
      {"{" + url + ", queues: [{name: a, system: celery}]}", "type: celery"},
      {"{" + url + ", discover: redis_list}", "redis_stream rq"},
      {"{" + url + ", discover: [{prefix: app}]}", "system"},
      {"{" + url + ", discover: [{system: rq, prefix: app}]}", "no prefix"},
      {"{" + url + ", discover: [{system: bull, prefix: a}, {system: bull, prefix: a}]}", "twice"},
      {"{" + url + ", discover: [{system: bull, perfix: a}]}", "prefix"},
      {"{" + url + ", discover: [rq], discovery_interval: never}", "discovery_interval"},
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
