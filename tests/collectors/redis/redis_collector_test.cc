#include "collectors/redis/redis_collector.h"

#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "exporter/job.h"
#include "exporter/yaml_reader.h"
#include "tests/support/fake_server.h"

namespace collectors {
namespace {

using exporter::CollectError;
using std::chrono::milliseconds;
using testing::FakeServer;
using Peer = FakeServer::Peer;

// A run against a server that answers INFO and CONFIG with this. Returns how
// many databases it found, or the kind of its failure.
std::string OutcomeOf(const std::string& answer) {
  FakeServer server([answer](Peer& peer) {
    peer.Expect("exporter:cache\r\n");
    peer.Send("+OK\r\n");
    peer.Expect("databases\r\n");
    peer.Send(answer);
    peer.Mute();
  });
  std::vector<exporter::ConfigProblem> problems;
  exporter::YamlReader reader(YAML::Load("url: redis://127.0.0.1:" + std::to_string(server.port())),
                              problems);
  exporter::JobSettings settings;
  settings.name = "cache";
  const auto collector = kRedisType.make(reader, settings);
  REQUIRE(problems.empty());
  exporter::Watchdog watchdog;
  try {
    auto reading = collector->Collect({exporter::Deadline::After(milliseconds(5000)), watchdog});
    CHECK(reading.problems.empty());
    for (const auto& timed : std::move(reading.families).Take()) {
      if (timed.family.name == "redis_db_keys") return std::to_string(timed.family.metric.size());
    }
    return "0";
  } catch (const CollectError& error) {
    return std::string(Name(error.kind()));
  }
}

std::string Bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string Databases(const std::string& count) {
  return "*2\r\n" + Bulk("databases") + Bulk(count);
}

}  // namespace

TEST_CASE("databases are those that CONFIG tells of, or those with keys where it is refused") {
  const std::string info =
      Bulk("# Server\r\nuptime_in_seconds:5\r\n# Keyspace\r\ndb3:keys=1,expires=0,avg_ttl=0\r\n");
  CHECK(OutcomeOf(info + Databases("16")) == "16");
  CHECK(OutcomeOf(info + "-NOPERM this user has no permissions\r\n") == "1");
  CHECK(OutcomeOf(info + "-ERR unknown command 'CONFIG'\r\n") == "1");
  CHECK(OutcomeOf(info + "*0\r\n") == "1");
  CHECK(OutcomeOf(info + Databases("x")) == "1");
  CHECK(OutcomeOf(info + Databases("2000000000")) == "1024");
  const std::string node = Bulk("uptime_in_seconds:5\r\ncluster_enabled:1\r\n");
  CHECK(OutcomeOf(node + Databases("16")) == "1");
}

TEST_CASE("an INFO that is refused or tells nothing is a failure of its kind") {
  CHECK(OutcomeOf("-NOPERM no\r\n-NOPERM no\r\n") == "permission");
  CHECK(OutcomeOf("-NOAUTH Authentication required.\r\n-NOAUTH\r\n") == "auth");
  CHECK(OutcomeOf(Bulk("") + "*0\r\n") == "protocol");
  CHECK(OutcomeOf(":1\r\n*0\r\n") == "protocol");
  CHECK(OutcomeOf("$-1\r\n*0\r\n") == "protocol");
}

}  // namespace collectors
