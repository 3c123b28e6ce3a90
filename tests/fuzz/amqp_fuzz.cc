// A server's bytes, and a client's as far as the codec is the same, become frames, methods and
// messages within their bounds or are refused with a short text. The result is the same for any
// division of the bytes into pieces.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/amqp/amqp_frames.h"
#include "exporter/seam/collector.h"
#include "tests/fuzz/require.h"

namespace {

using collectors::AmqpContentReader;
using collectors::AmqpFrame;
using collectors::AmqpFrameReader;
using collectors::AmqpMessage;
using collectors::AmqpMethod;

struct Heard {
  std::vector<amqp_method_number_t> methods;
  std::vector<AmqpMessage> messages;
  std::string refusal;
};

void Take(const AmqpFrame& frame, AmqpContentReader& content, Heard& heard) {
  fuzz::Require(frame.payload.size() <= collectors::kAmqpMostFrameBytes, "a frame too large");
  if (frame.type == AmqpFrame::Type::kHeartbeat) return;
  if (frame.type != AmqpFrame::Type::kMethod) {
    if (auto message = content.Take(frame)) heard.messages.push_back(*std::move(message));
    return;
  }
  const AmqpMethod method(frame.payload);
  fuzz::Require(!method.name().empty(), "a method without a name");
  heard.methods.push_back(method.id());
  if (method.id() == AMQP_BASIC_DELIVER_METHOD || method.id() == AMQP_BASIC_PUBLISH_METHOD) {
    content.Begin();
  }
}

Heard Listen(std::string_view bytes, std::size_t piece) {
  AmqpFrameReader reader;
  AmqpContentReader content;
  Heard heard;
  try {
    while (!bytes.empty()) {
      reader.Feed(bytes.substr(0, piece));
      bytes.remove_prefix(std::min(piece, bytes.size()));
      while (const auto frame = reader.Next()) Take(*frame, content, heard);
    }
  } catch (const exporter::CollectError& error) {
    fuzz::Require(error.kind() == exporter::ErrorKind::kProtocol ||
                      error.kind() == exporter::ErrorKind::kLimit,
                  "a kind other than protocol and limit");
    heard.refusal = error.what();
  }
  return heard;
}

bool IsSame(const AmqpMessage& one, const AmqpMessage& other) {
  return one.headers == other.headers && one.body == other.body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view stream(reinterpret_cast<const char*>(bytes), size);
  if (stream.starts_with(collectors::kAmqpGreeting)) {
    stream.remove_prefix(collectors::kAmqpGreeting.size());
  }
  const Heard whole = Listen(stream, size + 1);
  const Heard pieces = Listen(stream, 1 + size / 7);
  fuzz::Require(whole.refusal.size() < 200, "a refusal without a bound");
  fuzz::Require(whole.refusal == pieces.refusal && whole.methods == pieces.methods &&
                    std::equal(whole.messages.begin(), whole.messages.end(),
                               pieces.messages.begin(), pieces.messages.end(), IsSame),
                "another reading in other pieces");
  for (const AmqpMessage& message : whole.messages) {
    fuzz::Require(message.body.size() <= size, "a body from nowhere");
  }
  return 0;
}
