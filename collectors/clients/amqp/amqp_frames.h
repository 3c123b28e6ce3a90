#pragma once

// Where rabbitmq-c has its headers now; Debian 13's warns of the old names, which Debian 12's has.
#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/framing.h>
#else
#include <amqp.h>
#include <amqp_framing.h>
#endif

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/clients/amqp/amqp_message.h"

namespace collectors {

// AMQP 0-9-1 between bytes and values (https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf,
// 2.3 and 4.2). The frames are ours, so that they are bounded and wait for nothing; what stands in
// them is read and written by librabbitmq. Holds no socket. What is no such frame throws
// CollectError kProtocol. One thread at a time.

inline constexpr std::size_t kAmqpMostFrameBytes = std::size_t{128} << 10;
inline constexpr std::size_t kAmqpLeastFrameBytes = 4096;  // Of what a peer may ask for.
// Of a method or of a message's properties. librabbitmq goes into a table within
// a table by recursion: so many bytes nest no deeper than a stack bears.
inline constexpr std::size_t kAmqpMostTableBytes = std::size_t{16} << 10;
inline constexpr std::size_t kAmqpMostBodyBytes = std::size_t{16} << 20;
// Of a name: the protocol has one byte for its length.
inline constexpr std::size_t kAmqpMostNameBytes = 255;

// What a client says first.
inline constexpr std::string_view kAmqpGreeting{"AMQP\0\0\x09\x01", 8};

struct AmqpFrame {
  enum class Type : std::uint8_t { kMethod = 1, kHeader = 2, kBody = 3, kHeartbeat = 8 };
  Type type;
  std::uint16_t channel;
  std::string_view payload;  // Good until the reader's next call.
};

// Bytes to frames. Never holds more than a frame and what was fed last.
class AmqpFrameReader {
 public:
  // Frames from here on are at most so large, their eight bytes of frame counted.
  void SetMost(std::size_t bytes) { most_ = bytes; }
  void Feed(std::string_view bytes);
  // The next whole frame, if there is one. Refuses one by its announced size,
  // before its bytes come. After an exception the reader is of no use.
  std::optional<AmqpFrame> Next();

 private:
  std::size_t most_ = kAmqpMostFrameBytes;
  std::string buffer_;
  std::size_t taken_ = 0;  // Of the buffer.
};

// A method and what its arguments point to. Where As<T>() is asked for, T is
// librabbitmq's structure for id().
class AmqpMethod {
 public:
  explicit AmqpMethod(std::string_view payload);

  amqp_method_number_t id() const { return id_; }
  std::string name() const;  // "AMQP_QUEUE_DECLARE_OK_METHOD".
  template <typename T>
  const T& As() const {
    return *static_cast<const T*>(arguments_);
  }

 private:
  struct PoolEnd {
    void operator()(amqp_pool_t* pool) const;
  };
  std::string bytes_;
  std::unique_ptr<amqp_pool_t, PoolEnd> pool_;
  amqp_method_number_t id_ = 0;
  void* arguments_ = nullptr;
};

// A view as librabbitmq has it and back. It never writes through it.
amqp_bytes_t AmqpBytes(std::string_view text);
std::string_view AmqpText(amqp_bytes_t bytes);

// A method's frame. `arguments` is librabbitmq's structure for `id`, the names in
// it no longer than kAmqpMostNameBytes. Throws kLimit where it is too large to send.
std::string AmqpMethodFrame(std::uint16_t channel, amqp_method_number_t id, const void* arguments);
// Asks how many messages wait in the queue, whose name is as long as a name may be.
std::string AmqpPassiveDeclareFrame(std::uint16_t channel, amqp_bytes_t queue);
std::string AmqpHeartbeatFrame();
// The frames of a message's properties (JSON, not persistent) and body, none
// larger than `most` bytes: what follows basic.publish.
std::string AmqpContentFrames(std::uint16_t channel, const AmqpMessage& message, std::size_t most);

// Frames of one channel to messages: a delivery, its properties, its body. Holds
// one message that is not whole.
class AmqpContentReader {
 public:
  // A method announced a message. Throws where one is under way.
  void Begin();
  // Takes a header's or a body's frame; returns the message that it completes.
  // Properties that cannot be read cost the headers alone: a broker hands on what
  // any producer wrote.
  std::optional<AmqpMessage> Take(const AmqpFrame& frame);
  bool under_way() const { return stage_ != Stage::kNone; }

 private:
  enum class Stage { kNone, kHeader, kBody };
  std::optional<AmqpMessage> TakeHeader(std::string_view payload);
  std::optional<AmqpMessage> Finished();

  Stage stage_ = Stage::kNone;
  std::size_t body_left_ = 0;
  AmqpMessage message_;
};

}  // namespace collectors
