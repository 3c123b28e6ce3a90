#include "collectors/clients/amqp/amqp_frames.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "exporter/seam/collector.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

constexpr std::size_t kHeadBytes = 7;   // Type, channel, size.
constexpr std::size_t kFrameBytes = 8;  // With the end byte.
constexpr char kFrameEnd = '\xCE';
constexpr std::size_t kMethodIdBytes = 4;
constexpr std::size_t kContentHeadBytes = 12;  // Class, weight, body size.
constexpr std::size_t kPoolPageBytes = 4096;

[[noreturn]] void Refuse(const std::string& why) {
  throw CollectError(ErrorKind::kProtocol, "the server's answer is no AMQP 0-9-1: " + why);
}

std::uint64_t Number(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

void Append(std::string& bytes, std::uint64_t number, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
    bytes += static_cast<char>(number >> shift & 0xFF);
  }
}

std::string Frame(AmqpFrame::Type type, std::uint16_t channel, std::string_view payload) {
  std::string frame;
  frame.reserve(payload.size() + kFrameBytes);
  frame += static_cast<char>(type);
  Append(frame, channel, 2);
  Append(frame, payload.size(), 4);
  frame += payload;
  return frame += kFrameEnd;
}

bool IsKnown(AmqpFrame::Type type) {
  using Type = AmqpFrame::Type;
  return type == Type::kMethod || type == Type::kHeader || type == Type::kBody ||
         type == Type::kHeartbeat;
}

// Returns the bytes that `encode` writes into the buffer. `encode` returns their number, or a
// negative number if it failed; then this throws kLimit.
template <typename Encode>
std::string Encoded(Encode encode) {
  std::vector<char> buffer(kAmqpMostTableBytes);
  const int size = encode(amqp_bytes_t{buffer.size(), buffer.data()});
  if (size < 0) {
    throw CollectError(ErrorKind::kLimit, "too large for a frame of AMQP: a name or a password");
  }
  return {buffer.data(), static_cast<std::size_t>(size)};
}

// Returns the headers that are texts.
std::vector<std::pair<std::string, std::string>> TextHeaders(const amqp_table_t& table) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (int i = 0; i < table.num_entries; ++i) {
    const amqp_table_entry_t& entry = table.entries[i];
    if (entry.value.kind != AMQP_FIELD_KIND_UTF8) continue;
    headers.emplace_back(AmqpText(entry.key), AmqpText(entry.value.value.bytes));
  }
  return headers;
}

// Ignores properties that cannot be read.
void ReadProperties(std::string_view properties, AmqpMessage& message) {
  if (properties.size() > kAmqpMostTableBytes) return;
  amqp_pool_t pool;
  init_amqp_pool(&pool, kPoolPageBytes);
  const std::unique_ptr<amqp_pool_t, void (*)(amqp_pool_t*)> owner(&pool, &empty_amqp_pool);
  void* decoded = nullptr;
  if (amqp_decode_properties(AMQP_BASIC_CLASS, &pool, AmqpBytes(properties), &decoded) < 0) {
    return;
  }
  const auto& basic = *static_cast<const amqp_basic_properties_t*>(decoded);
  if ((basic._flags & AMQP_BASIC_CONTENT_TYPE_FLAG) != 0) {
    message.content_type = AmqpText(basic.content_type);
  }
  if ((basic._flags & AMQP_BASIC_HEADERS_FLAG) != 0) message.headers = TextHeaders(basic.headers);
}

std::string EncodedProperties(const AmqpMessage& message) {
  std::vector<amqp_table_entry_t> entries;
  for (const auto& [name, text] : message.headers) {
    amqp_table_entry_t& entry = entries.emplace_back();
    entry.key = AmqpBytes(name);
    entry.value.kind = AMQP_FIELD_KIND_UTF8;
    entry.value.value.bytes = AmqpBytes(text);
  }
  const std::string expiration = std::to_string(message.ttl.count());
  amqp_basic_properties_t basic = {};
  basic._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_CONTENT_ENCODING_FLAG |
                 AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
  basic.content_type = AmqpBytes("application/json");
  basic.content_encoding = AmqpBytes("utf-8");
  basic.headers = {static_cast<int>(entries.size()), entries.data()};
  basic.delivery_mode = AMQP_DELIVERY_NONPERSISTENT;
  if (message.ttl.count() > 0) {
    basic._flags |= AMQP_BASIC_EXPIRATION_FLAG;
    basic.expiration = AmqpBytes(expiration);
  }
  return Encoded([&](amqp_bytes_t buffer) {
    return amqp_encode_properties(AMQP_BASIC_CLASS, &basic, buffer);
  });
}

}  // namespace

void AmqpFrameReader::Feed(std::string_view bytes) {
  buffer_.erase(0, std::exchange(taken_, 0));
  buffer_ += bytes;
}

std::optional<AmqpFrame> AmqpFrameReader::Next() {
  const std::string_view rest = std::string_view(buffer_).substr(taken_);
  if (rest.empty()) return std::nullopt;
  const auto type = static_cast<AmqpFrame::Type>(rest[0]);
  if (!IsKnown(type)) Refuse("no such frame");
  if (rest.size() < kHeadBytes) return std::nullopt;
  const std::size_t size = Number(rest.substr(3, 4));
  if (size > most_ - kFrameBytes) Refuse("a frame larger than agreed on");
  if (rest.size() < size + kFrameBytes) return std::nullopt;
  if (rest[kHeadBytes + size] != kFrameEnd) Refuse("a frame without its end");
  taken_ += size + kFrameBytes;
  return AmqpFrame{type, static_cast<std::uint16_t>(Number(rest.substr(1, 2))),
                   rest.substr(kHeadBytes, size)};
}

void AmqpMethod::PoolEnd::operator()(amqp_pool_t* pool) const {
  empty_amqp_pool(pool);
  delete pool;
}

AmqpMethod::AmqpMethod(std::string_view payload) : bytes_(payload), pool_(new amqp_pool_t) {
  init_amqp_pool(pool_.get(), kPoolPageBytes);
  if (bytes_.size() < kMethodIdBytes || bytes_.size() > kAmqpMostTableBytes) {
    Refuse("a method of a wrong size");
  }
  const std::string_view bytes = bytes_;
  id_ = static_cast<amqp_method_number_t>(Number(bytes.substr(0, kMethodIdBytes)));
  const amqp_bytes_t encoded = AmqpBytes(bytes.substr(kMethodIdBytes));
  if (amqp_decode_method(id_, pool_.get(), encoded, &arguments_) < 0) {
    Refuse("a method that cannot be read");
  }
}

std::string AmqpMethod::name() const {
  const char* name = amqp_method_name(id_);
  return name == nullptr ? "a method" : name;
}

amqp_bytes_t AmqpBytes(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};  // NOLINT: the type has no const.
}

std::string_view AmqpText(amqp_bytes_t bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

std::string AmqpMethodFrame(std::uint16_t channel, amqp_method_number_t id, const void* arguments) {
  std::string payload;
  Append(payload, id, kMethodIdBytes);
  payload += Encoded([&](amqp_bytes_t buffer) {
    return amqp_encode_method(id, const_cast<void*>(arguments), buffer);  // NOLINT: not written to.
  });
  return Frame(AmqpFrame::Type::kMethod, channel, payload);
}

std::string AmqpPassiveDeclareFrame(std::uint16_t channel, amqp_bytes_t queue) {
  amqp_queue_declare_t declare = {};
  declare.queue = queue;
  declare.passive = 1;
  return AmqpMethodFrame(channel, AMQP_QUEUE_DECLARE_METHOD, &declare);
}

std::string AmqpHeartbeatFrame() { return Frame(AmqpFrame::Type::kHeartbeat, 0, ""); }

std::string AmqpContentFrames(std::uint16_t channel, const AmqpMessage& message, std::size_t most) {
  std::string header;
  Append(header, AMQP_BASIC_CLASS, 2);
  Append(header, 0, 2);
  Append(header, message.body.size(), 8);
  header += EncodedProperties(message);
  std::string frames = Frame(AmqpFrame::Type::kHeader, channel, header);
  std::string_view body = message.body;
  while (!body.empty()) {
    const std::string_view piece = body.substr(0, most - kFrameBytes);
    frames += Frame(AmqpFrame::Type::kBody, channel, piece);
    body.remove_prefix(piece.size());
  }
  return frames;
}

void AmqpContentReader::Begin() {
  if (under_way()) Refuse("a message in the midst of another");
  stage_ = Stage::kHeader;
  message_ = {};
}

std::optional<AmqpMessage> AmqpContentReader::Take(const AmqpFrame& frame) {
  if (stage_ == Stage::kHeader && frame.type == AmqpFrame::Type::kHeader) {
    return TakeHeader(frame.payload);
  }
  if (stage_ != Stage::kBody || frame.type != AmqpFrame::Type::kBody ||
      frame.payload.size() > body_left_) {
    Refuse("a piece of a message that was not announced");
  }
  message_.body += frame.payload;
  body_left_ -= frame.payload.size();
  return Finished();
}

std::optional<AmqpMessage> AmqpContentReader::TakeHeader(std::string_view payload) {
  if (payload.size() < kContentHeadBytes) Refuse("a message's header that is cut");
  const std::uint64_t size = Number(payload.substr(4, 8));
  if (size > kAmqpMostBodyBytes) {
    throw CollectError(ErrorKind::kLimit, "the server delivers a message of more than 16 MiB");
  }
  message_.body.reserve(size);  // A growing string would be in memory twice.
  ReadProperties(payload.substr(kContentHeadBytes), message_);
  body_left_ = size;
  stage_ = Stage::kBody;
  return Finished();
}

std::optional<AmqpMessage> AmqpContentReader::Finished() {
  if (body_left_ > 0) return std::nullopt;
  stage_ = Stage::kNone;
  return std::exchange(message_, {});
}

}  // namespace collectors
