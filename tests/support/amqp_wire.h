#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collectors/clients/amqp/amqp_frames.h"
#include "tests/support/fake_server.h"

// What a RabbitMQ says, for scripts of a fake server.
namespace testing::amqp {

// A method as its frames begin: what a client's frame is waited for by.
inline std::string Id(amqp_method_number_t method) {
  return {static_cast<char>(method >> 24), static_cast<char>(method >> 16),
          static_cast<char>(method >> 8), static_cast<char>(method)};
}

template <typename T = amqp_channel_close_ok_t>
std::string Say(std::uint16_t channel, amqp_method_number_t method, const T& arguments = {}) {
  return collectors::AmqpMethodFrame(channel, method, &arguments);
}

inline std::string Start(std::string_view mechanisms = "AMQPLAIN PLAIN") {
  amqp_connection_start_t start = {};
  start.version_minor = 9;
  start.mechanisms = collectors::AmqpBytes(mechanisms);
  start.locales = collectors::AmqpBytes("en_US");
  return Say(0, AMQP_CONNECTION_START_METHOD, start);
}

inline std::string Tune(std::uint32_t frame_max = 131072) {
  amqp_connection_tune_t tune = {};
  tune.channel_max = 2047;
  tune.frame_max = frame_max;
  tune.heartbeat = 60;
  return Say(0, AMQP_CONNECTION_TUNE_METHOD, tune);
}

inline std::string OpenOk() {
  return Say(0, AMQP_CONNECTION_OPEN_OK_METHOD, amqp_connection_open_ok_t{});
}

inline std::string ChannelOpenOk(std::uint16_t channel) {
  return Say(channel, AMQP_CHANNEL_OPEN_OK_METHOD, amqp_channel_open_ok_t{});
}

inline std::string DeclareOk(std::uint16_t channel, const std::string& queue,
                             std::uint32_t messages, std::uint32_t consumers) {
  amqp_queue_declare_ok_t declared = {};
  declared.queue = collectors::AmqpBytes(queue);
  declared.message_count = messages;
  declared.consumer_count = consumers;
  return Say(channel, AMQP_QUEUE_DECLARE_OK_METHOD, declared);
}

inline std::string ConsumeOk() {
  amqp_basic_consume_ok_t consuming = {};
  consuming.consumer_tag = collectors::AmqpBytes("t");
  return Say(2, AMQP_BASIC_CONSUME_OK_METHOD, consuming);
}

inline std::string CloseChannel(std::uint16_t channel, std::uint16_t code,
                                const std::string& text) {
  amqp_channel_close_t close = {};
  close.reply_code = code;
  close.reply_text = collectors::AmqpBytes(text);
  return Say(channel, AMQP_CHANNEL_CLOSE_METHOD, close);
}

inline std::string CloseConnection(std::uint16_t code, const std::string& text) {
  amqp_connection_close_t close = {};
  close.reply_code = code;
  close.reply_text = collectors::AmqpBytes(text);
  return Say(0, AMQP_CONNECTION_CLOSE_METHOD, close);
}

inline std::string Delivery(const collectors::AmqpMessage& message) {
  amqp_basic_deliver_t deliver = {};
  deliver.consumer_tag = collectors::AmqpBytes("t");
  return Say(2, AMQP_BASIC_DELIVER_METHOD, deliver) +
         collectors::AmqpContentFrames(2, message, 4096);
}

// Lets a client in, up to its open connection.
inline void LetIn(FakeServer::Peer& peer, std::uint32_t frame_max = 131072) {
  peer.Expect(collectors::kAmqpGreeting);
  peer.Send(Start());
  peer.Expect(Id(AMQP_CONNECTION_START_OK_METHOD));
  peer.Send(Tune(frame_max));
  peer.Expect(Id(AMQP_CONNECTION_TUNE_OK_METHOD));
  peer.Expect(Id(AMQP_CONNECTION_OPEN_METHOD));
  peer.Send(OpenOk());
}

inline void OpenChannel(FakeServer::Peer& peer, std::uint16_t channel) {
  peer.Expect(Id(AMQP_CHANNEL_OPEN_METHOD));
  peer.Send(ChannelOpenOk(channel));
}

// Lets it in, and lets it consume from a queue of its own, "mine".
inline void LetListen(FakeServer::Peer& peer) {
  LetIn(peer);
  OpenChannel(peer, 2);
  peer.Expect(Id(AMQP_QUEUE_DECLARE_METHOD));
  peer.Send(DeclareOk(2, "mine", 0, 0));
  peer.Expect(Id(AMQP_BASIC_CONSUME_METHOD));
  peer.Send(ConsumeOk());
}

// Hears the client's goodbye and answers it.
inline void Part(FakeServer::Peer& peer) {
  peer.Expect(Id(AMQP_CONNECTION_CLOSE_METHOD));
  peer.Send(Say(0, AMQP_CONNECTION_CLOSE_OK_METHOD, amqp_connection_close_ok_t{}));
  peer.Mute();
}

}  // namespace testing::amqp
