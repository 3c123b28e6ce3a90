#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "collectors/celery/brokers/redis_broker.h"
#include "tests/support/fake_server.h"
#include "tests/support/redis_target_at.h"

// A Celery broker at a Redis server whose answers a test writes.
namespace collectors::scripted {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::Watchdog;
using std::chrono::milliseconds;
using ::testing::FakeServer;
using Peer = FakeServer::Peer;
using Strings = std::vector<std::string>;

inline std::string Bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

inline std::string Array(const Strings& texts) {
  std::string bytes = "*" + std::to_string(texts.size()) + "\r\n";
  for (const std::string& text : texts) bytes += Bulk(text);
  return bytes;
}

inline std::string Head(const std::string& tag) {
  return R"({"headers": {"id": "u"}, "properties": {"delivery_tag": ")" + tag + R"("}})";
}

// One list a queue.
inline RedisBrokerOptions Options() {
  RedisBrokerOptions options;
  options.names.priority_steps = {0};
  return options;
}

inline const std::string kNothingUnacked = ":0\r\n*0\r\n:0\r\n";

// The depth of one queue, and what is unacknowledged.
inline void SendDepth(Peer& peer, const std::string& length,
                      const std::string& unacked = kNothingUnacked) {
  peer.Expect("ZCOUNT");
  peer.Expect("\r\n(");
  peer.Expect("\r\n");
  peer.Send(length + unacked);
}

// Tells that as many lists as so many sizes have these, five of their nodes looked at.
inline void SendSizes(Peer& peer, const std::string& sizes) {
  peer.Expect("MEMORY\r\n$5\r\nUSAGE\r\n$1\r\nq\r\n$7\r\nSAMPLES\r\n$1\r\n5\r\n");
  peer.Send(sizes);
}

inline void SendHead(Peer& peer, const std::string& head) {
  peer.Expect("LINDEX\r\n$1\r\nq\r\n$2\r\n-1\r\n");
  peer.Send(Bulk(head));
}

// So many messages are unacknowledged.
inline std::string Unacked(int count) {
  return ":" + std::to_string(count) + "\r\n" + Array({"tag", "1700000000.5"}) + ":1\r\n";
}

inline void SendTags(Peer& peer, const Strings& tags) {
  peer.Expect("HKEYS\r\n$7\r\nunacked\r\n");
  peer.Send(Array(tags));
}

// The memory that the whole hash takes.
inline void SendUsage(Peer& peer, const std::string& answer) {
  peer.Expect("MEMORY\r\n$5\r\nUSAGE\r\n$7\r\nunacked\r\n$7\r\nSAMPLES\r\n$1\r\n0\r\n");
  peer.Send(answer);
}

inline void SendSize(Peer& peer, const std::string& tag, std::size_t size) {
  peer.Expect("HSTRLEN\r\n$7\r\nunacked\r\n" + Bulk(tag));
  peer.Send(":" + std::to_string(size) + "\r\n");
}

// Answers the question for these, and no other.
inline void SendValues(Peer& peer, const Strings& tags, const Strings& values) {
  std::string question = "HMGET\r\n$7\r\nunacked\r\n";
  for (const std::string& tag : tags) question += Bulk(tag);
  peer.Expect("*" + std::to_string(tags.size() + 2) + "\r\n$5\r\n" + question);
  peer.Send(Array(values));
}

inline std::string Problems(const BrokerReading& reading) {
  std::string text;
  for (const CollectError& each : reading.problems) {
    text += each.part() + " " + std::string(Name(each.kind())) + ": " + each.what() + "\n";
  }
  return text;
}

// What a broker at a scripted server says of the queue q.
struct Asked {
  explicit Asked(std::vector<FakeServer::Script> scripts)
      : server(std::move(scripts)), broker(TargetAt(server), Options()) {}

  CollectContext Context(milliseconds budget = milliseconds(5000)) {
    return {Deadline::After(budget), watchdog};
  }
  BrokerReading Read(milliseconds budget = milliseconds(5000)) {
    return broker.Read(Context(budget), {"q"});
  }

  Watchdog watchdog;
  FakeServer server;
  RedisBroker broker;
};

}  // namespace collectors::scripted
