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

// One connection to a RabbitMQ that is open from construction on: its frames, its
// channels, its heartbeats and what the server says unasked. Every call ends by
// context.deadline. Throws AmqpChannelError where the server closed a channel, and
// any other CollectError where the connection is of no use any more. One thread at
// a time.
class AmqpConnection {
 public:
  // What may be refused is asked on a channel of its own: a refusal closes the
  // channel, and with it whatever it subscribed to.
  static constexpr std::uint16_t kAskChannel = 1;
  static constexpr std::uint16_t kOwnChannel = 2;

  AmqpConnection(const exporter::CollectContext& context, const AmqpEndpoint& endpoint,
                 const TlsOptions& tls, const std::string& client_name,
                 std::chrono::seconds heartbeat);

  // Opens the channel unless it is open.
  void OpenChannel(const exporter::CollectContext& context, std::uint16_t channel);
  // Sends frames as they are.
  void Send(const exporter::CollectContext& context, std::string_view frames);
  // Waits for the method that answers. What else comes is dealt with.
  AmqpMethod Await(const exporter::CollectContext& context, std::uint16_t channel,
                   amqp_method_number_t answer);
  // Both, on an open channel.
  AmqpMethod Ask(const exporter::CollectContext& context, std::uint16_t channel,
                 amqp_method_number_t method, const void* arguments, amqp_method_number_t answer);

  // A message of the subscription; absent where none came by the deadline.
  std::optional<AmqpMessage> NextMessage(const exporter::CollectContext& context);
  // Asks how many messages the queue of the subscription has, without waiting for the answer.
  void Sound(const exporter::CollectContext& context, const std::string& queue);
  // The answer, once, if it has come: all messages before it have, too.
  std::optional<double> TakeSounding() { return std::exchange(sounded_, std::nullopt); }
  // Deals with what has come meanwhile, without waiting.
  void CatchUp(const exporter::CollectContext& context);

  // Whether the server has stopped to read what we send, until its memory or disk has room.
  bool blocked() const { return blocked_; }
  // How large a frame may be.
  std::size_t most_frame_bytes() const { return most_frame_bytes_; }
  // Says that it ends, and waits a moment for the server to have heard it.
  void Part() noexcept;

 private:
  void StartOk(const exporter::CollectContext& context, const AmqpEndpoint& endpoint,
               const std::string& client_name);
  void Tune(const exporter::CollectContext& context, std::chrono::seconds heartbeat);
  void OpenVhost(const exporter::CollectContext& context, const std::string& vhost);
  void Tell(const exporter::CollectContext& context, std::uint16_t channel,
            amqp_method_number_t method, const void* arguments);

  // The next frame; absent where none came by the deadline. Keeps up heartbeats.
  std::optional<AmqpFrame> NextFrame(const exporter::CollectContext& context);
  // Reads what comes by the deadline, or until a heartbeat is due.
  // False where the deadline came first.
  bool Fill(const exporter::CollectContext& context);
  void KeepAlive(const exporter::CollectContext& context);

  // What nobody waits for.
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
  std::deque<AmqpMessage> messages_;  // That nobody has asked for yet; bounded.
  std::size_t message_bytes_ = 0;
  std::size_t most_frame_bytes_ = kAmqpMostFrameBytes;
  std::chrono::seconds heartbeat_;  // Either side says something at least so often; 0 for none.
  exporter::SteadyTime last_sent_;
  exporter::SteadyTime last_heard_;
  bool open_[kOwnChannel + 1] = {};  // By channel.
  bool logged_in_ = false;
  bool subscribed_ = false;
  bool sounding_ = false;          // Asked, and not answered yet.
  std::optional<double> sounded_;  // The answer.
  bool blocked_ = false;
};

}  // namespace collectors
