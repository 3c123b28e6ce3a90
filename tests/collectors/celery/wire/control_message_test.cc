#include "collectors/celery/wire/control_message.h"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <simdjson.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace collectors {
namespace {

std::string FromBase64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  REQUIRE(length >= 0);
  return bytes.substr(0, bytes.find('\0'));
}

// The value at a path of an envelope, as JSON.
std::string At(const std::string& envelope, const char* path) {
  simdjson::dom::parser parser;
  return simdjson::minify(parser.parse(envelope).at_pointer(path));
}

std::string BodyOf(const std::string& envelope) {
  const std::string quoted = At(envelope, "/body");
  return FromBase64(std::string_view(quoted).substr(1, quoted.size() - 2));
}

std::string Captured(const std::string& name) {
  std::ifstream file("tests/data/celery/redis-" + name + ".json", std::ios::binary);
  REQUIRE_MESSAGE(file.good(), name);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<WorkerReply> ReadCaptured(std::string_view method, const std::string& version,
                                      const std::string& worker) {
  return ReadControlReply(
      method, BodyOf(Captured(version + "-pidbox-reply-" + std::string(method) + "-" + worker)));
}

std::string Minified(const std::string& json) {
  simdjson::dom::parser parser;
  return simdjson::minify(parser.parse(json));
}

TEST_CASE("a call is what Celery's own client sends, answered on the default exchange") {
  const ControlRequest request{"stats", "f2ee7f31-f0bf-4ebb-b57f-be4ffb8c7d63", "our.list", 12.5};
  std::string theirs = Minified(BodyOf(Captured("c526-pidbox-req-stats")));
  const std::string reply_to = At(theirs, "/reply_to");
  theirs.replace(theirs.find(reply_to), reply_to.size(),
                 R"({"exchange":"","routing_key":"our.list"})");
  CHECK(Minified(ControlBody(request)) == theirs);

  const std::string envelope = ControlEnvelope(request);
  CHECK(BodyOf(envelope) == ControlBody(request));
  CHECK(At(envelope, "/headers") == R"({"clock":0,"expires":12.5})");
  CHECK(At(envelope, "/properties/body_encoding") == R"("base64")");
  CHECK(At(envelope, "/properties/delivery_info") ==
        At(Captured("c526-pidbox-req-stats"), "/properties/delivery_info"));
}

TEST_CASE("whatever stands in a call, it is JSON") {
  const std::string key =
      "a\"b\\c\x06\x16"
      "3";
  const ControlRequest request{"ping", "t", key, 1e9};
  simdjson::dom::parser parser;
  const std::string_view read =
      parser.parse(ControlBody(request)).at_pointer("/reply_to/routing_key");
  CHECK(read == key);
}

TEST_CASE("the time until which a call is good keeps its milliseconds") {
  CHECK(At(ControlEnvelope({"ping", "t", "k", 1795231453.408}), "/headers/expires") ==
        "1795231453.408");
}

TEST_CASE("stats tell slots, processes, prefetch count and uptime") {
  for (const char* const version : {"c526", "c563"}) {
    CAPTURE(version);
    const auto replies = ReadCaptured("stats", version, "w1");
    REQUIRE(replies.size() == 1);
    CHECK(replies[0].hostname == "w1@labhost");
    CHECK(replies[0].slots == 2);
    CHECK(replies[0].processes == 2);
    CHECK(replies[0].prefetch_count.has_value());
    CHECK(replies[0].uptime_seconds.has_value());
    CHECK_FALSE(replies[0].active.has_value());
    CHECK_FALSE(replies[0].queues.has_value());
  }
  CHECK(ReadCaptured("stats", "c526", "w1")[0].prefetch_count == 8);
  CHECK(ReadCaptured("stats", "c526", "w1")[0].uptime_seconds == 10);
  CHECK(ReadCaptured("stats", "c526", "w2")[0].processes == 1);  // A solo pool.
}

TEST_CASE("tasks that a worker holds are told by queue, with their start") {
  const auto active = ReadCaptured("active", "c526", "w1");
  REQUIRE(active.size() == 1);
  REQUIRE(active[0].active.has_value());
  REQUIRE(active[0].active->size() == 2);
  CHECK(active[0].active->front().queue == "celery");
  CHECK(active[0].active->front().time_start == 1795231450.0708017);

  const auto reserved = ReadCaptured("reserved", "c563", "w1");
  REQUIRE(reserved.size() == 1);
  REQUIRE(reserved[0].reserved.has_value());
  REQUIRE(reserved[0].reserved->size() == 8);
  CHECK(reserved[0].reserved->front().queue == "celery");
  CHECK_FALSE(reserved[0].reserved->front().time_start.has_value());

  const auto scheduled = ReadCaptured("scheduled", "c563", "w1");
  REQUIRE(scheduled.size() == 1);
  REQUIRE(scheduled[0].scheduled.has_value());
  REQUIRE(scheduled[0].scheduled->size() == 3);
  CHECK(scheduled[0].scheduled->back().queue == "celery");

  const auto none = ReadCaptured("scheduled", "c526", "w1");
  REQUIRE(none.size() == 1);
  CHECK(none[0].scheduled.has_value());
  CHECK(none[0].scheduled->empty());
}

TEST_CASE("a worker tells the queues that it serves, and that it is there") {
  const auto queues = ReadCaptured("active_queues", "c526", "w1");
  REQUIRE(queues.size() == 1);
  CHECK(queues[0].queues == std::vector<std::string>{"celery", "mail"});
  const auto ping = ReadCaptured("ping", "c526", "w1");
  REQUIRE(ping.size() == 1);
  CHECK(ping[0].hostname == "w1@labhost");
}

TEST_CASE("what is no reply to the call tells of no worker") {
  const struct {
    const char* method;
    const char* body;
  } kCases[] = {
      {"stats", R"({"w@h": {"error": "KeyError"}})"},
      {"ping", R"({"w@h": {"error": "KeyError"}})"},
      {"active", R"({"w@h": {"error": "TypeError"}})"},
      {"active_queues", R"({"w@h": {"error": "TypeError"}})"},
      {"active", R"({"w@h": null})"},
      {"stats", R"({"w@h": []})"},
      {"ping", R"({"": {"ok": "pong"}})"},
      {"ping", R"({"w@h": {"ok": "pong"})"},
      {"ping", "\"pong\""},
      {"ping", "[]"},
      {"ping", "{\"w\xff\": {\"ok\": \"pong\"}}"},
      {"ping", R"({"w\ud800": {"ok": "pong"}})"},
      {"ping", ""},
      {"shutdown", R"({"w@h": {"ok": "pong"}})"},
  };
  for (const auto& row : kCases) {
    CAPTURE(row.method);
    CAPTURE(row.body);
    CHECK(ReadControlReply(row.method, row.body).empty());
  }
}

TEST_CASE("a value of a wrong type is absent, and costs itself alone") {
  const auto replies = ReadControlReply("stats",
                                        R"({"w@h": {"uptime": "10", "prefetch_count": -1, "pool":
          {"max-concurrency": null, "processes": 7, "writes": "N/A"}}})");
  REQUIRE(replies.size() == 1);
  CHECK_FALSE(replies[0].uptime_seconds.has_value());
  CHECK_FALSE(replies[0].prefetch_count.has_value());
  CHECK_FALSE(replies[0].slots.has_value());
  CHECK_FALSE(replies[0].processes.has_value());

  const auto active =
      ReadControlReply("active", R"({"w@h": [{"delivery_info": null, "time_start": null}, 3]})");
  REQUIRE(active.size() == 1);
  CHECK(active[0].active->size() == 2);
  CHECK(active[0].active->front().queue.empty());
}

std::string ActiveReply(std::size_t tasks) {
  std::string body = R"({"w@h": [)";
  for (std::size_t i = 0; i < tasks; ++i) body += i == 0 ? "{}" : ",{}";
  return body + "]}";
}

TEST_CASE("a list that is too long is no reply: a part of it would tell of less than there is") {
  CHECK(ReadControlReply("active", ActiveReply(10000)).at(0).active->size() == 10000);
  CHECK(ReadControlReply("active", ActiveReply(10001)).empty());
  CHECK(ReadControlReply("ping", R"({"w@h": {"ok": "pong"}})" + std::string(5 << 20, ' ')).empty());
}

TEST_CASE("nesting without end is refused, not followed") {
  const std::string deep(100000, '[');
  CHECK(ReadControlReply("active", R"({"w@h": [{"args": )" + deep + "}]}").empty());
}

TEST_CASE("a queue that may hand out a later message first is told from one that does not") {
  const auto replies = ReadControlReply("active_queues", R"({"w1@h": [
      {"name": "plain", "queue_arguments": null, "max_priority": null, "no_declare": null},
      {"name": "none", "queue_arguments": {"x-max-priority": 0}, "no_declare": false},
      {"name": "prio", "queue_arguments": {"x-max-priority": 10, "x-expires": 5}},
      {"name": "short", "max_priority": 3},
      {"name": "quorum", "queue_arguments": {"x-queue-type": "quorum"}},
      {"name": "classic", "queue_arguments": {"x-queue-type": "classic"}},
      {"name": "theirs", "no_declare": true}]})");
  REQUIRE(replies.size() == 1);
  CHECK(replies[0].queues->size() == 7);
  CHECK(replies[0].overtaking == std::vector<std::string>{"prio", "short", "quorum", "theirs"});
}

}  // namespace
}  // namespace collectors
