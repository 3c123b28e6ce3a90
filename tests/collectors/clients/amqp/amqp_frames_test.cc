#include "collectors/clients/amqp/amqp_frames.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/seam/collector.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using namespace std::string_literals;

std::string Captured(const std::string& name) {
  std::ifstream file("tests/data/celery/amqp/amqpraw-" + name + ".amqp", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  REQUIRE(!text.str().empty());
  return text.str();
}

// Returns a frame in the specification's form (4.2.3).
std::string Frame(char type, char channel, const std::string& payload, char end = '\xCE') {
  const auto size = static_cast<unsigned>(payload.size());
  std::string frame{type, 0, channel};
  for (const int shift : {24, 16, 8, 0}) frame += static_cast<char>(size >> shift);
  return frame + payload + end;
}

const std::string kDeliver =
    Frame(1, 2, "\0\x3C\0\x3C\x01t\0\0\0\0\0\0\0\x01\0\x08"s + "celeryev\x01k");

std::string Header(char size, const std::string& properties) {
  return Frame(2, 2, "\0\x3C\0\0\0\0\0\0\0\0\0"s + size + properties);
}

struct Heard {
  std::vector<std::string> methods;
  std::vector<AmqpMessage> messages;
};

Heard Listen(std::string_view bytes, std::size_t piece = 65536) {
  AmqpFrameReader reader;
  AmqpContentReader content;
  Heard heard;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    reader.Feed(bytes.substr(0, piece));
    while (const auto frame = reader.Next()) {
      if (frame->type == AmqpFrame::Type::kHeartbeat) continue;
      if (frame->type != AmqpFrame::Type::kMethod) {
        if (auto message = content.Take(*frame)) heard.messages.push_back(*std::move(message));
        continue;
      }
      const AmqpMethod method(frame->payload);
      heard.methods.push_back(method.name());
      if (method.id() == AMQP_BASIC_DELIVER_METHOD) content.Begin();
    }
  }
  return heard;
}

}  // namespace

TEST_CASE("what RabbitMQ says to a reader of events is read, in pieces of any size") {
  for (const std::string& server : {"rmq310-c526"s, "rmq310-c563"s, "rmq436-c563"s}) {
    const std::string bytes = Captured(server + "-event-consumer.s2c");
    for (const std::size_t piece : {65536, 1000, 7, 1}) {
      CAPTURE(server);
      CAPTURE(piece);
      const Heard heard = Listen(bytes, piece);
      REQUIRE(heard.methods.size() > 7);
      CHECK(heard.methods[0] == "AMQP_CONNECTION_START_METHOD");
      CHECK(heard.methods[1] == "AMQP_CONNECTION_TUNE_METHOD");
      CHECK(heard.methods[2] == "AMQP_CONNECTION_OPEN_OK_METHOD");
      CHECK(heard.methods.back() == "AMQP_BASIC_DELIVER_METHOD");
      REQUIRE(heard.messages.size() > 5);
      for (const AmqpMessage& message : heard.messages) {
        REQUIRE(message.headers.size() == 1);
        CHECK(message.headers[0].first == "hostname");
        CHECK(message.headers[0].second.find('@') != std::string::npos);
        CHECK((message.body.front() == '{' || message.body.front() == '['));
        CHECK((message.body.back() == '}' || message.body.back() == ']'));
      }
    }
  }
}

TEST_CASE("what we say is what the specification has and a server reads") {
  amqp_queue_declare_t declare = {};
  declare.queue = AmqpBytes("jobs");
  declare.passive = 1;
  CHECK(AmqpMethodFrame(1, AMQP_QUEUE_DECLARE_METHOD, &declare) ==
        Frame(1, 1, "\0\x32\0\x0A\0\0\x04jobs\x01\0\0\0\0"s));
  CHECK(AmqpHeartbeatFrame() == Frame(8, 0, ""));
}

TEST_CASE("a message that is published is split into frames as large as agreed on") {
  const AmqpMessage message = {{{"ticket", "7"}}, std::string(10000, 'x'), std::chrono::seconds(1)};
  const std::string frames = AmqpContentFrames(2, message, 4096);
  CHECK(frames.find("application/json") != std::string::npos);
  CHECK(frames.find("\x04"s + "1000") != std::string::npos);  // Expiration.
  AmqpFrameReader reader;
  reader.SetMost(4096);
  reader.Feed(frames);
  AmqpContentReader content;
  content.Begin();
  std::optional<AmqpMessage> read;
  int count = 0;
  while (const auto frame = reader.Next()) {
    ++count;
    CHECK_FALSE(read);
    read = content.Take(*frame);
  }
  CHECK(count == 4);  // 10,000 bytes in three body frames of at most 4088 bytes, and a header.
  REQUIRE(read);
  CHECK(read->headers == message.headers);
  CHECK(read->body == message.body);
}

TEST_CASE("a message has its whole body, whatever comes between") {
  const Heard heard = Listen(kDeliver + Header(4, "\0\0"s) + Frame(3, 2, "ab") + Frame(8, 0, "") +
                             Frame(3, 2, "cd") + kDeliver + Header(0, "\0\0"s));
  REQUIRE(heard.messages.size() == 2);
  CHECK(heard.messages[0].body == "abcd");
  CHECK(heard.messages[1].body.empty());
}

TEST_CASE("headers that cannot be read cost themselves, not the message") {
  std::string nested;
  for (int i = 0; i < 20000; ++i) {
    const auto size = static_cast<unsigned>(nested.size());
    std::string outer = "A";
    for (const int shift : {24, 16, 8, 0}) outer += static_cast<char>(size >> shift);
    if (outer.size() + nested.size() > 120000) break;
    nested = outer + nested;
  }
  const std::string tables[] = {"\x20\0\0\0\0\x04\x01"s + "a?x",  // No such type.
                                "\x20\0\xFF\xFF\xFF\xFF"s,        // A length beyond the end.
                                "\x20"s, "\x20\0\0\x01\0\0"s + nested};
  for (const std::string& properties : tables) {
    const Heard heard = Listen(kDeliver + Header(2, properties) + Frame(3, 2, "hi"));
    REQUIRE(heard.messages.size() == 1);
    CHECK(heard.messages[0].headers.empty());
    CHECK(heard.messages[0].body == "hi");
  }
}

TEST_CASE("what is no AMQP 0-9-1 is refused, before its bytes are kept") {
  const std::string large = "\0\x3C\0\0\0\0\0\0\x01\0\0\x01\0\0"s;  // 16 MiB and a byte.
  struct Case {
    const char* name;
    std::string bytes;
    ErrorKind kind = ErrorKind::kProtocol;
  };
  const Case cases[] = {
      {"HTTP", "HTTP/1.1 400 Bad Request\r\n"},
      {"another AMQP", "AMQP\0\0\x09\x01"s},
      {"TLS", "\x15\x03\x03\0\x02"s},
      {"a frame too large, announced", "\x03\0\x02\0\x02\0\0"s},
      {"no end", Frame(1, 0, "\0\x14\0\x29"s, 'x')},
      {"no method", Frame(1, 0, "\0\x14"s)},
      {"an unknown method", Frame(1, 0, "\0\x14\0\x63"s)},
      {"a cut method", Frame(1, 0, "\0\x32\0\x0B\x05"s + "jo")},
      {"a method of 17 KiB", Frame(1, 0, "\0\x14\0\x29"s + std::string(17 << 10, 'x'))},
      {"a header unannounced", Header(1, "\0\0"s)},
      {"a body unannounced", Frame(3, 2, "x")},
      {"a body without its header", kDeliver + Frame(3, 2, "x")},
      {"two headers", kDeliver + Header(1, "\0\0"s) + Header(1, "\0\0"s)},
      {"a body longer than announced", kDeliver + Header(1, "\0\0"s) + Frame(3, 2, "xy")},
      {"a message in a message", kDeliver + kDeliver},
      {"a cut header", kDeliver + Frame(2, 2, "\0\x3C\0\0\0\0\0"s)},
      {"a body of more than 16 MiB", kDeliver + Frame(2, 2, large), ErrorKind::kLimit},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    try {
      Listen(c.bytes);
      FAIL_CHECK("read");
    } catch (const CollectError& error) {
      CHECK(error.kind() == c.kind);
    }
  }
}

TEST_CASE("what does not fit into a frame is not sent") {
  const std::string long_text(20000, 'p');
  amqp_connection_start_ok_t start_ok = {};
  start_ok.response = AmqpBytes(long_text);
  try {
    AmqpMethodFrame(0, AMQP_CONNECTION_START_OK_METHOD, &start_ok);
    FAIL("encoded");
  } catch (const CollectError& error) {
    CHECK(error.kind() == ErrorKind::kLimit);
    CHECK(std::string(error.what()).find("ppp") == std::string::npos);
  }
}

}  // namespace collectors
