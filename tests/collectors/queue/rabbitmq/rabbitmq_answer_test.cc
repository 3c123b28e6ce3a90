#include "collectors/queue/rabbitmq/rabbitmq_answer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "exporter/seam/collector.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

// A captured list, as if it were one page.
RabbitmqPage CapturedPage(const std::string& name) {
  std::ifstream file("tests/data/queue/rmqapi-c563-" + name + ".json");
  REQUIRE(file.good());
  const std::string list{std::istreambuf_iterator<char>(file), {}};
  return ReadRabbitmqPage(R"({"items":)" + list + R"(,"page_count":1})");
}

RabbitmqQueue Find(const RabbitmqPage& page, const std::string& name) {
  const auto found =
      std::ranges::find_if(page.queues, [&](const auto& queue) { return queue.name == name; });
  REQUIRE(found != page.queues.end());
  return *found;
}

template <typename Read>
void CheckRefused(const Read& read, const std::string& json) {
  CAPTURE(json.substr(0, 80));
  try {
    read(json);
    FAIL("taken");
  } catch (const CollectError& error) {
    CHECK(Name(error.kind()) == Name(ErrorKind::kProtocol));
    CHECK(std::string(error.what()).size() < 100);
  }
}

}  // namespace

TEST_CASE("the queues of each captured version are read") {
  struct Case {
    const char* page;
    std::size_t queues;
    const char* name;
    std::optional<double> ready;
    std::optional<double> unacked;
    std::optional<double> consumers;
  };
  const Case cases[] = {
      {"rmq310-queues", 5, "celery", 0, 1, 1},
      {"rmq310-queues", 5, "mail", 0, 0, 1},
      {"rmq436-queues", 5, "celery", 0, 1, 1},
      {"rmq436-quorum-queues", 7, "qq", 6, 8, 1},
      {"rmq436-quorum-queues", 7, "parked", 3, 0, 0},
      {"rmq436-quorum-queues", 7, "tmp-nonexcl", std::nullopt, std::nullopt, std::nullopt},
  };
  for (const Case& c : cases) {
    CAPTURE(c.page);
    CAPTURE(c.name);
    const RabbitmqPage page = CapturedPage(c.page);
    CHECK(page.pages == 1);
    CHECK(page.queues.size() == c.queues);
    const RabbitmqQueue queue = Find(page, c.name);
    CHECK(queue.ready == c.ready);
    CHECK(queue.unacked == c.unacked);
    CHECK(queue.consumers == c.consumers);
    CHECK_FALSE(queue.head_timestamp);  // Celery sends no timestamp.
  }
}

TEST_CASE("a count that is no number, or none that can be, is not known") {
  const RabbitmqQueue queue = ReadRabbitmqQueue(
      R"({"name":"a","messages_ready":null,"messages_unacknowledged":"7","consumers":-1,)"
      R"("head_message_timestamp":""})");
  CHECK_FALSE(queue.ready);
  CHECK_FALSE(queue.unacked);
  CHECK_FALSE(queue.consumers);
  CHECK_FALSE(queue.head_timestamp);
  for (const char* const count : {"1e308", "1.5", "-1"}) {
    CAPTURE(count);
    CHECK_FALSE(
        ReadRabbitmqQueue(R"({"name":"a","messages_ready":)" + std::string(count) + "}").ready);
  }
  CHECK(ReadRabbitmqQueue(R"({"name":"a","messages_ready":9007199254740993})").ready > 9e15);
  CHECK(ReadRabbitmqQueue(R"({"name":"a","head_message_timestamp":17})").head_timestamp == 17);
  CHECK(ReadRabbitmqQueue(R"({"name":"a","arguments":{},"head_message_timestamp":17})")
            .head_timestamp == 17);
  // With priorities, other messages may have waited longer than the next one.
  CHECK_FALSE(ReadRabbitmqQueue(
                  R"({"name":"a","arguments":{"x-max-priority":9},"head_message_timestamp":17})")
                  .head_timestamp);
}

TEST_CASE("what a stream keeps is not what waits") {
  const RabbitmqQueue stream = ReadRabbitmqQueue(
      R"({"name":"a","type":"stream","messages_ready":5,"messages_unacknowledged":2,)"
      R"("consumers":1})");
  CHECK(stream.is_stream);
  CHECK_FALSE(stream.ready);
  CHECK(stream.unacked == 2);
  CHECK(stream.consumers == 1);
  for (const char* const type : {R"("quorum")", R"("classic")", "null"}) {
    const RabbitmqQueue queue =
        ReadRabbitmqQueue(R"({"name":"a","messages_ready":5,"type":)" + std::string(type) + "}");
    CHECK_FALSE(queue.is_stream);
    CHECK(queue.ready == 5);
  }
}

TEST_CASE("what is no answer about queues is refused, and not repeated") {
  const std::string deep(200000, '[');
  for (const std::string& json : {std::string(), std::string("{"), std::string("null"),
                                  std::string("[]"), std::string("<html>"), deep}) {
    CheckRefused(ReadRabbitmqQueue, json);
    CheckRefused(ReadRabbitmqPage, json);
  }
  CheckRefused(ReadRabbitmqQueue, R"({"messages_ready":1})");
  CheckRefused(ReadRabbitmqQueue, R"({"name":7})");
  CheckRefused(ReadRabbitmqQueue, "{\"name\":\"\xff\"}");
  CheckRefused(ReadRabbitmqPage, R"({"items":[{"name":"a"}]})");
  CheckRefused(ReadRabbitmqPage, R"({"items":[{"name":"a"}],"page_count":-1})");
  CheckRefused(ReadRabbitmqPage, R"({"items":{},"page_count":1})");
  CheckRefused(ReadRabbitmqPage, R"({"items":[1],"page_count":1})");
  CheckRefused(ReadRabbitmqPage, R"({"items":[{}],"page_count":1})");
}

TEST_CASE("plumbing and delay queues are told by their names") {
  struct Case {
    const char* name;
    bool plumbing;
    bool delay;
  };
  const Case cases[] = {
      {"celery", false, false},
      {"amq.gen-f7ROhOb-AbmIvRx9SioGXg", true, false},
      {"amq.generic", false, false},
      {"celeryev.0282abb7", true, false},
      {"celeryevents", false, false},
      {"w1@host.celery.pidbox", true, false},
      {"1f.reply.celery.pidbox", true, false},
      {"pidbox", false, false},
      {"celery_delayed_0", false, true},
      {"celery_delayed_27", false, true},
      {"celery_delayed_", false, false},
      {"celery_delayed_x", false, false},
      {"celery_delayed_1x", false, false},
      {"my_celery_delayed_1", false, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CHECK(IsRabbitmqPlumbing(c.name) == c.plumbing);
    CHECK(IsCeleryDelay(c.name) == c.delay);
  }
}

}  // namespace collectors
