#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "collectors/clients/amqp/amqp_frames.h"
#include "collectors/clients/amqp/amqp_url.h"
#include "collectors/clients/net/stream.h"
#include "exporter/seam/collector.h"

namespace collectors {

// One connection to a RabbitMQ server, open from construction on: its frames, channels, heartbeats
// and what the server sends without a request. Every call ends by context.deadline. Throws
// AmqpChannelError if the server closed a channel. After any other CollectError the connection must
// not be used. One thread at a time.
class AmqpConnection {
 public:
  // Requests that may be refused use a separate channel: a refusal closes the channel, and with it
  // the channel's subscriptions.
  static constexpr std::uint16_t kAskChannel = 1;
  static constexpr std::uint16_t kOwnChannel = 2;

  AmqpConnection(const exporter::CollectContext& context, const AmqpEndpoint& endpoint,
                 const TlsOptions& tls, const std::string& client_name,
                 std::chrono::seconds heartbeat);

  // Opens the channel unless it is open.
  void OpenChannel(const exporter::CollectContext& context, std::uint16_t channel);
  // Sends encoded frames.
  void Send(const exporter::CollectContext& context, std::string_view frames);
  // Waits for the method `answer` on the channel. Handles everything else that arrives meanwhile.
  AmqpMethod Await(const exporter::CollectContext& context, std::uint16_t channel,
                   amqp_method_number_t answer);
  // Sends a method on an open channel, then waits as Await() does.
  AmqpMethod Ask(const exporter::CollectContext& context, std::uint16_t channel,
                 amqp_method_number_t method, const void* arguments, amqp_method_number_t answer);

  // Returns the subscription's next message; nothing if none arrived by the deadline.
  std::optional<AmqpMessage> NextMessage(const exporter::CollectContext& context);
  // Asks how many messages the subscription's queue has. Does not wait for the answer.
  void Sound(const exporter::CollectContext& context, const std::string& queue);
  // Returns the answer to Sound() once, if it has arrived; then all earlier messages have arrived
  // too.
  std::optional<double> TakeSounding() { return std::exchange(sounded_, std::nullopt); }
  // Handles what has arrived, without waiting.
  void CatchUp(const exporter::CollectContext& context);

  // Whether the server has stopped reading what we send until it has memory or disk space again.
  bool blocked() const { return blocked_; }
  // The most bytes in a frame.
  std::size_t most_frame_bytes() const { return most_frame_bytes_; }
  // Sends a goodbye and waits briefly until the server has received it.
  void Part() noexcept;

 private:
  void StartOk(const exporter::CollectContext& context, const AmqpEndpoint& endpoint,
               const std::string& client_name);
  void Tune(const exporter::CollectContext& context, std::chrono::seconds heartbeat);
  void OpenVhost(const exporter::CollectContext& context, const std::string& vhost);
  void Tell(const exporter::CollectContext& context, std::uint16_t channel,
            amqp_method_number_t method, const void* arguments);

  // Returns the next frame; nothing if none arrived by the deadline. Keeps up heartbeats.
  std::optional<AmqpFrame> NextFrame(const exporter::CollectContext& context);
  // Reads what arrives by the deadline, and sends the heartbeats that are due meanwhile. Returns
  // false if nothing arrived.
  bool Fill(const exporter::CollectContext& context);
  void KeepAlive(const exporter::CollectContext& context);

  // Handles a frame that no call waits for.
  void Take(const exporter::CollectContext& context, const AmqpFrame& frame);
  void TakeMethod(const exporter::CollectContext& context, std::uint16_t channel,
                  const AmqpMethod& method);
  void TakeContent(const AmqpFrame& frame);
  [[noreturn]] void EndConnection(const exporter::CollectContext& context,
                                  const AmqpMethod& method);
  [[noreturn]] void EndChannel(const exporter::CollectContext& context, std::uint16_t channel,
                               const AmqpMethod& method);

  Stream stream_;
  AmqpFrameReader reader_;
  AmqpContentReader content_;
  std::deque<AmqpMessage> messages_;  // Not returned yet; bounded.
  std::size_t message_bytes_ = 0;
  std::size_t most_frame_bytes_ = kAmqpMostFrameBytes;
  std::chrono::seconds heartbeat_;  // Each side sends something at least this often; 0: never.
  exporter::SteadyTime last_sent_;
  exporter::SteadyTime last_heard_;
  bool open_[kOwnChannel + 1] = {};  // By channel.
  bool logged_in_ = false;
  bool subscribed_ = false;
  bool sounding_ = false;          // Asked, but not answered yet.
  std::optional<double> sounded_;  // The answer.
  bool blocked_ = false;
};

}  // namespace collectors
