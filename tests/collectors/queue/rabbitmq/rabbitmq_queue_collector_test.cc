#include "collectors/queue/rabbitmq/rabbitmq_queue_collector.h"

#include <doctest/doctest.h>
#include <prometheus/text_serializer.h>
#include <yaml-cpp/yaml.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/fake_server.h"
#include "tests/support/taken.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Reading;
using std::chrono::milliseconds;
using testing::FakeServer;
using Peer = FakeServer::Peer;

constexpr const char* kColumns =
    "columns=name,type,messages_ready,messages_unacknowledged,consumers,head_message_timestamp,"
    "arguments "
    "HTTP/1.1\r\n";

std::string Answer(const std::string& body, const std::string& status = "200 OK") {
  return "HTTP/1.1 " + status + "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

std::string Counts(const std::string& name, int ready) {
  return R"({"name":")" + name + R"(","messages_ready":)" + std::to_string(ready) +
         R"(,"messages_unacknowledged":2,"consumers":1})";
}

// Answers GETs of these paths, in this order, and then stays silent.
FakeServer::Script Serve(const std::vector<std::pair<std::string, std::string>>& answers) {
  return [answers](Peer& peer) {
    for (const auto& [path, answer] : answers) {
      peer.Expect("GET /api/queues/" + path + kColumns);
      peer.Expect("\r\n\r\n");
      peer.Send(answer);
    }
    peer.Mute();
  };
}

std::unique_ptr<exporter::Collector> MakeCollector(const std::string& yaml) {
  std::vector<exporter::ConfigProblem> problems;
  exporter::YamlReader reader(YAML::Load(yaml), problems);
  exporter::JobSettings settings;
  settings.name = "jobs";
  auto collector = MakeRabbitmqQueueCollector(reader, settings);
  reader.RejectUnknownKeys();
  for (const auto& problem : problems) FAIL(problem.message);
  return collector;
}

std::string UrlOf(const FakeServer& server) {
  return "http://reader:hunter2@127.0.0.1:" + std::to_string(server.port()) + "/v";
}

std::unique_ptr<exporter::Collector> CollectorAt(const FakeServer& server,
                                                 const std::string& options) {
  return MakeCollector("{url: '" + UrlOf(server) + "', " + options + "}");
}

Reading Run(exporter::Collector& collector, milliseconds budget = milliseconds(5000)) {
  exporter::Watchdog watchdog;
  return collector.Collect({exporter::Deadline::After(budget), watchdog});
}

ErrorKind FailureOf(exporter::Collector& collector, milliseconds budget = milliseconds(5000)) {
  try {
    Run(collector, budget);
  } catch (const CollectError& error) {
    CHECK(std::string(error.what()).find("hunter2") == std::string::npos);
    return error.kind();
  }
  FAIL("read");
  return ErrorKind::kInternal;
}

std::string PageOf(Reading reading) {
  std::vector<prometheus::MetricFamily> families;
  for (auto& timed : exporter::testing::TakenFrom(std::move(reading.families)))
    families.push_back(timed.family);
  return prometheus::TextSerializer().Serialize(families);
}

bool Has(const std::string& page, const std::string& line) {
  return page.find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a few named queues are asked for one by one, and a bad one costs itself") {
  FakeServer server(Serve({{"v/a%2Fb?", Answer(Counts("a/b", 6))},
                           {"v/gone?", Answer(R"({"error":"Object Not Found"})", "404 x")},
                           {"v/refused?", Answer("{}", "403 x")},
                           {"v/sick?", Answer("{}", "500 x")},
                           {"v/well?", Answer(Counts("well", 7))}}));
  const auto collector =
      CollectorAt(server,
                  "queues: [{name: slash, key: a/b}, {name: gone}, {name: refused}, {name: sick}, "
                  "{name: well}]");
  Reading reading = Run(*collector);
  REQUIRE(reading.problems.size() == 3);
  const std::pair<const char*, ErrorKind> expected[] = {{"gone", ErrorKind::kMissing},
                                                        {"refused", ErrorKind::kPermission},
                                                        {"sick", ErrorKind::kQuery}};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(reading.problems[i].part() == expected[i].first);
    CHECK(Name(reading.problems[i].kind()) == Name(expected[i].second));
  }
  CHECK(std::string(reading.problems[0].what()).find("declares it when") != std::string::npos);
  const std::string page = PageOf(std::move(reading));
  CHECK(Has(page, R"(queue_depth{queue="slash",system="rabbitmq",state="waiting"} 6)"));
  CHECK(Has(page, R"(queue_depth{queue="slash",system="rabbitmq",state="unacked"} 2)"));
  CHECK(Has(page, R"(queue_consumers{queue="slash",system="rabbitmq"} 1)"));
  CHECK(Has(page, R"(queue_depth{queue="well",system="rabbitmq",state="waiting"} 7)"));
  CHECK(page.find("gone") == std::string::npos);
}

TEST_CASE("queues are discovered page by page") {
  const std::string first = R"({"page_count":2,"items":[)" + Counts("a", 1) + "," +
                            Counts("amq.gen-x", 1) + "," + Counts("named", 4) + "]}";
  const std::string second =
      R"({"page_count":2,"items":[)" + Counts("b", 2) + "," + Counts("shown", 9) + "]}";
  FakeServer server(Serve({{"v?page=1&page_size=500&sort=name&", Answer(first)},
                           {"v?page=2&page_size=500&sort=name&", Answer(second)}}));
  const auto collector = CollectorAt(
      server, "discover: [rabbitmq], exclude: [b], queues: [{name: shown, key: named}]");
  Reading reading = Run(*collector);
  CHECK(reading.problems.empty());
  const std::string page = PageOf(std::move(reading));
  CHECK(Has(page, R"(queue_depth{queue="a",system="rabbitmq",state="waiting"} 1)"));
  // The named queue has this label; a found queue whose name is the same has no series.
  CHECK(Has(page, R"(queue_depth{queue="shown",system="rabbitmq",state="waiting"} 4)"));
  CHECK(page.find("} 9\n") == std::string::npos);
  CHECK(page.find("amq.gen") == std::string::npos);
  CHECK(page.find(R"(queue="b")") == std::string::npos);
}

TEST_CASE("a list without end is read so far, and no sum of it is shown") {
  std::vector<std::pair<std::string, std::string>> answers;
  for (int page = 1; page <= 20; ++page) {
    const std::string name = page == 1 ? "celery_delayed_0" : "q" + std::to_string(page);
    answers.emplace_back("v?page=" + std::to_string(page) + "&page_size=500&sort=name&",
                         Answer(R"({"page_count":99999,"items":[)" + Counts(name, 1) + "]}"));
  }
  FakeServer server(Serve(answers));
  const auto collector = CollectorAt(server, "discover: [rabbitmq]");
  Reading reading = Run(*collector);
  REQUIRE(reading.problems.size() == 1);
  CHECK(Name(reading.problems[0].kind()) == Name(ErrorKind::kLimit));
  const std::string page = PageOf(std::move(reading));
  CHECK(Has(page, R"(queue_depth{queue="q20",system="rabbitmq",state="waiting"} 1)"));
  CHECK(page.find("celery_delayed") == std::string::npos);
}

TEST_CASE("pages that went while the list was read cost themselves") {
  const std::string first =
      R"({"page_count":2,"items":[)" + Counts("a", 1) + "," + Counts("celery_delayed_0", 1) + "]}";
  FakeServer server(Serve({{"v?page=1&page_size=500&sort=name&", Answer(first)},
                           {"v?page=2&page_size=500&sort=name&",
                            Answer(R"({"error":"page_out_of_range"})", "400 Bad Request")}}));
  const auto collector = CollectorAt(server, "discover: [rabbitmq]");
  Reading reading = Run(*collector);
  REQUIRE(reading.problems.size() == 1);
  CHECK(Name(reading.problems[0].kind()) == Name(ErrorKind::kQuery));
  CHECK(std::string(reading.problems[0].what()).starts_with("page 2: "));
  const std::string page = PageOf(std::move(reading));
  CHECK(Has(page, R"(queue_depth{queue="a",system="rabbitmq",state="waiting"} 1)"));
  CHECK(page.find("celery_delayed") == std::string::npos);
}

TEST_CASE("the age of a queue is that of its next message's timestamp") {
  const auto body = [](const char* ready, const char* timestamp) {
    return Answer(R"({"name":"a","messages_ready":)" + std::string(ready) +
                  R"(,"head_message_timestamp":)" + timestamp + "}");
  };
  FakeServer server(Serve({{"v/a?", body("1", "1000000000")},
                           {"v/a?", body("1", "99999999999")},  // The sender's clock is ahead.
                           {"v/a?", body("0", "1000000000")},
                           {"v/a?", body("1", "null")}}));
  const auto collector = CollectorAt(server, "queues: [{name: a}]");
  const std::string sample = R"(queue_oldest_age_seconds{queue="a",system="rabbitmq"} )";
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  const double age = std::chrono::duration<double>(since_epoch).count() - 1e9;
  const std::string page = PageOf(Run(*collector));
  const std::size_t at = page.find(sample);
  REQUIRE(at != std::string::npos);
  CHECK(std::stod(page.substr(at + sample.size())) == doctest::Approx(age).epsilon(0.001));
  CHECK(Has(PageOf(Run(*collector)), sample + "0"));
  CHECK(PageOf(Run(*collector)).find("queue_oldest_age") == std::string::npos);
  CHECK(PageOf(Run(*collector)).find("queue_oldest_age") == std::string::npos);
}

TEST_CASE("counts that are not known are no zero, and have a reason") {
  FakeServer server(Serve({{"v/a?", Answer(R"({"name":"a"})")}}));
  const auto collector = CollectorAt(server, "queues: [{name: a}]");
  Reading reading = Run(*collector);
  REQUIRE(reading.problems.size() == 1);
  CHECK(Name(reading.problems[0].kind()) == Name(ErrorKind::kMissing));
  CHECK(reading.problems[0].part() == "a");
  CHECK(PageOf(std::move(reading)).empty());
}

TEST_CASE("a discovered queue that is young says nothing where others are known") {
  const std::string young = R"({"page_count":1,"items":[{"name":"young"})";
  const std::string path = "v?page=1&page_size=500&sort=name&";
  FakeServer server(
      Serve({{path, Answer(young + "," + Counts("old", 1) + "]}")}, {path, Answer(young + "]}")}}));
  const auto collector = CollectorAt(server, "discover: [rabbitmq]");
  Reading known = Run(*collector);
  CHECK(known.problems.empty());
  CHECK(PageOf(std::move(known)).find("young") == std::string::npos);
  const Reading unknown = Run(*collector);
  REQUIRE(unknown.problems.size() == 1);
  CHECK(Name(unknown.problems[0].kind()) == Name(ErrorKind::kMissing));
  CHECK(unknown.problems[0].part().empty());
}

TEST_CASE("a failure that is not one queue's fails the run") {
  struct Case {
    const char* name;
    FakeServer::Script script;
    ErrorKind kind;
  };
  const Case cases[] = {
      {"401", Serve({{"v/a?", Answer("{}", "401 x")}}), ErrorKind::kAuth},
      {"301", Serve({{"v/a?", Answer("{}", "301 x")}}), ErrorKind::kProtocol},
      {"another queue", Serve({{"v/a?", Answer(Counts("b", 1))}}), ErrorKind::kProtocol},
      {"no JSON", Serve({{"v/a?", Answer("<html>")}}), ErrorKind::kProtocol},
      {"closed", [](Peer&) {}, ErrorKind::kConnect},
      {"mute", Serve({}), ErrorKind::kTimeout},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    FakeServer server(c.script);
    const auto collector = CollectorAt(server, "queues: [{name: a}, {name: b}]");
    CHECK(Name(FailureOf(*collector, milliseconds(400))) == Name(c.kind));
  }
}

TEST_CASE("a virtual host that is not there fails the discovery") {
  FakeServer server(Serve({{"v?page=1&page_size=500&sort=name&", Answer("{}", "404 Not Found")}}));
  const auto collector = CollectorAt(server, "discover: [rabbitmq]");
  CHECK(Name(FailureOf(*collector)) == Name(ErrorKind::kMissing));
}

TEST_CASE("a URL in a file is read again after a failure") {
  const std::string path = std::filesystem::temp_directory_path() / "exporter_rabbitmq_url";
  const auto collector = MakeCollector("{url_file: '" + path + "', queues: [{name: a}]}");
  std::filesystem::remove(path);
  CHECK(Name(FailureOf(*collector)) == Name(ErrorKind::kConnect));
  for (const char* wrong : {"redis://hunter2", "http://u:hunter2@h:x", "http://h/hunter2/b"}) {
    std::ofstream(path) << wrong << "\n";
    CHECK(Name(FailureOf(*collector)) == Name(ErrorKind::kConnect));
  }
  FakeServer server(Serve({{"v/a?", Answer(Counts("a", 3))}}));
  std::ofstream(path) << UrlOf(server) << "\n";
  CHECK(Has(PageOf(Run(*collector)),
            R"(queue_depth{queue="a",system="rabbitmq",state="waiting"} 3)"));
  std::filesystem::remove(path);
}

TEST_CASE("discovery over AMQP is refused, also where the URL was in a file") {
  const std::string path = std::filesystem::temp_directory_path() / "exporter_rabbitmq_amqp_url";
  std::ofstream(path) << "amqp://127.0.0.1:1\n";
  const auto collector = MakeCollector("{url_file: '" + path + "', discover: [rabbitmq]}");
  CHECK(Name(FailureOf(*collector)) == Name(ErrorKind::kQuery));
  std::filesystem::remove(path);
}

TEST_CASE("named queues are claimed, and found ones whatever they are called") {
  const auto collector =
      MakeCollector("{url: 'http://h', discover: [rabbitmq], queues: [{name: a, key: b}]}");
  const auto claims = collector->Claims();
  REQUIRE(claims.size() == 2);
  CHECK(claims[0].labels.front().second == "a");
  CHECK(claims[1].labels.front().second == "*");
}

}  // namespace collectors
