#include "collectors/celery/brokers/redis_message.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace collectors {
namespace {

std::string Sample(const std::string& name) {
  std::ifstream file("tests/data/celery/" + name);
  REQUIRE_MESSAGE(file.good(), name);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A sound message with these headers and properties.
std::string MessageWith(const std::string& headers, const std::string& properties) {
  return R"({"body": "x", "headers": )" + headers + R"(, "properties": )" + properties + "}";
}

}  // namespace

TEST_CASE("a task's message tells its delivery, its id and its eta, of either version") {
  const struct {
    const char* file;
    const char* delivery_tag;
    const char* uuid;
    std::optional<double> eta;
  } cases[] = {
      {"redis-c526-msg-plain.json", "52d5dd55-3765-42ba-aaa0-356e13ea4c8f",
       "735e6b82-8c18-46e3-8061-5c2faf479d36", std::nullopt},
      {"redis-c563-msg-eta.json", "4d75afb1-e2e9-4d2f-89f6-f5aa2f1085d3",
       "1378da1a-feaf-438d-aa38-8590d0225186", 1795230806.524351},
  };
  for (const auto& c : cases) {
    CAPTURE(c.file);
    const auto head = ReadTaskMessage(Sample(c.file));
    REQUIRE(head);
    CHECK(head->delivery_tag == c.delivery_tag);
    CHECK(head->uuid == c.uuid);
    REQUIRE(head->eta.has_value() == c.eta.has_value());
    if (c.eta) CHECK(*head->eta == doctest::Approx(*c.eta).epsilon(1e-12));
  }
}

TEST_CASE("a message of task protocol 1 has its id in the body, which is not read") {
  const auto head = ReadTaskMessage(Sample("redis-c526-msg-protocol1.json"));
  REQUIRE(head);
  CHECK(!head->delivery_tag.empty());
  CHECK(head->uuid.empty());
}

TEST_CASE("what is no message of Celery is none") {
  const std::string messages[] = {
      "",
      " ",
      "job:1",
      "[]",
      "{}",
      "null",
      R"({"headers": {}})",
      MessageWith("[]", R"({"delivery_tag": "t"})"),
      MessageWith("{}", R"({"delivery_tag": 7})"),
      MessageWith("{}", R"({"delivery_tag": ")" + std::string(600, 'x') + R"("})"),
      MessageWith("{}", R"({"delivery_tag": "cut)"),
      MessageWith("{}", "{\"delivery_tag\": \"\xff\"}"),
      std::string(100000, '['),
      std::string(100000, '{'),
  };
  for (const std::string& message : messages) {
    CAPTURE(message.substr(0, 100));
    CHECK(!ReadTaskMessage(message));
    CHECK(!ReadUnackedMessage(message));
    CHECK(!ReadReplyMessage(message));
  }
}

TEST_CASE("headers that are odd cost only themselves") {
  const std::string properties = R"({"delivery_tag": "t", "priority": 3})";
  const struct {
    const char* headers;
    const char* uuid;
    bool has_eta;
  } cases[] = {
      {R"({"id": "u", "eta": "2026-11-21T03:13:26+01:00"})", "u", true},
      {R"({"id": 7, "eta": 12})", "", false},
      {R"({"id": "u", "eta": "tomorrow"})", "u", false},
      {R"({"id": "u", "id": null, "x": {"eta": "2026-11-21T03:13:26Z"}})", "u", false},
      {R"({"\u0069d": "u"})", "u", false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.headers);
    const auto head = ReadTaskMessage(MessageWith(c.headers, properties));
    REQUIRE(head);
    CHECK(head->uuid == c.uuid);
    CHECK(head->eta.has_value() == c.has_eta);
  }
}

TEST_CASE("an unacknowledged message tells where it was sent") {
  for (const char* file : {"redis-c526-unacked-value.json", "redis-c563-unacked-value.json"}) {
    CAPTURE(file);
    const auto message = ReadUnackedMessage(Sample(file));
    REQUIRE(message);
    CHECK(message->exchange.empty());
    CHECK(message->routing_key == "celery");
    CHECK(!message->eta);
  }
  const auto held = ReadUnackedMessage("[" + Sample("redis-c563-msg-eta.json") + R"(, "e", "k"])");
  REQUIRE(held);
  CHECK(held->exchange == "e");
  CHECK(held->routing_key == "k");
  CHECK(held->eta);
}

TEST_CASE("an unacknowledged message of another form is none") {
  for (const char* value : {R"([{}, "e"])", R"([{}, "e", "k", "more"])", R"([{}, null, "k"])",
                            R"(["", "e", "k"])", R"([{}, "e", 7])", R"([{}, "e", "k")"}) {
    CAPTURE(value);
    CHECK(!ReadUnackedMessage(value));
  }
}

TEST_CASE("a reply to a control call is unwrapped") {
  const auto reply = ReadReplyMessage(Sample("redis-c526-pidbox-reply-ping-w1.json"));
  REQUIRE(reply);
  CHECK(reply->ticket == "6aa7c6ed-b50a-4567-92ff-55262442d75d");
  CHECK(reply->body == R"({"w1@labhost": {"ok": "pong"}})");
  CHECK(reply->content_type == "application/json");
  const auto plain =
      ReadReplyMessage(R"({"body": "{\"w\": 1}", "headers": {"ticket": "t"}, "properties": {}})");
  REQUIRE(plain);
  CHECK(plain->body == R"({"w": 1})");
  CHECK(plain->content_type.empty());
}

TEST_CASE("a reply whose base64 is none is no reply") {
  for (const char* body : {"e", "!!!!", "eyJ3MU="}) {
    CAPTURE(body);
    CHECK(!ReadReplyMessage(R"({"body": ")" + std::string(body) +
                            R"(", "headers": {"ticket": "t"},)"
                            R"( "properties": {"body_encoding": "base64"}})"));
  }
}

}  // namespace collectors
