#pragma once

// The present place of rabbitmq-c's headers. Debian 13 warns about the old names; Debian 12 has
// only those.
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

// Converts between AMQP 0-9-1 bytes and values
// (https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, 2.3 and 4.2). The frames are our own
// code, so that they are bounded and never wait; librabbitmq reads and writes their contents. Uses
// no socket. An invalid frame throws CollectError kProtocol. One thread at a time.

inline constexpr std::size_t kAmqpMostFrameBytes = std::size_t{128} << 10;
inline constexpr std::size_t kAmqpLeastFrameBytes = 4096;  // The least that a peer may request.
// For a method or a message's properties. librabbitmq reads nested tables by recursion: this many
// bytes cannot nest deeply enough to overflow the stack.
inline constexpr std::size_t kAmqpMostTableBytes = std::size_t{16} << 10;
inline constexpr std::size_t kAmqpMostBodyBytes = std::size_t{16} << 20;
// For a name: the protocol has one byte for its length.
inline constexpr std::size_t kAmqpMostNameBytes = 255;

// The first bytes that a client sends.
inline constexpr std::string_view kAmqpGreeting{"AMQP\0\0\x09\x01", 8};

struct AmqpFrame {
  enum class Type : std::uint8_t { kMethod = 1, kHeader = 2, kBody = 3, kHeartbeat = 8 };
  Type type;
  std::uint16_t channel;
  std::string_view payload;  // Valid until the reader's next call.
};

// Splits bytes into frames. Holds at most one frame and the bytes fed last.
class AmqpFrameReader {
 public:
  // From now on a frame has at most `bytes`, including its eight bytes of framing.
  void SetMost(std::size_t bytes) { most_ = bytes; }
  void Feed(std::string_view bytes);
  // Returns the next complete frame, if there is one. Refuses a frame by its announced size, before
  // its bytes arrive. After an exception the reader must not be used.
  std::optional<AmqpFrame> Next();

 private:
  std::size_t most_ = kAmqpMostFrameBytes;
  std::string buffer_;
  std::size_t taken_ = 0;  // Bytes of the buffer that are already read.
};

// A method with the memory of its arguments. As<T>() needs librabbitmq's structure for id() as T.
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

// Convert a view to librabbitmq's type and back. librabbitmq never writes through it.
amqp_bytes_t AmqpBytes(std::string_view text);
std::string_view AmqpText(amqp_bytes_t bytes);

// Returns a method's frame. `arguments` is librabbitmq's structure for `id`; names in it have at
// most kAmqpMostNameBytes. Throws kLimit if the method is too large to send.
std::string AmqpMethodFrame(std::uint16_t channel, amqp_method_number_t id, const void* arguments);
// Asks how many messages wait in the queue. The queue's name has at most kAmqpMostNameBytes.
std::string AmqpPassiveDeclareFrame(std::uint16_t channel, amqp_bytes_t queue);
std::string AmqpHeartbeatFrame();
// Returns the frames that follow basic.publish: a message's properties (JSON, not persistent) and
// its body, at most `most` bytes each.
std::string AmqpContentFrames(std::uint16_t channel, const AmqpMessage& message, std::size_t most);

// Joins the frames of one channel to messages: a delivery, its properties, its body. Holds at most
// one incomplete message.
class AmqpContentReader {
 public:
  // Called after a method that announces a message. Throws if the message before it is incomplete.
  void Begin();
  // Takes a header frame or a body frame. Returns the message that it completes. Properties that
  // cannot be read leave the message without headers: a broker forwards what any producer wrote.
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
