#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "collectors/redis/cluster/redis_cluster.h"
#include "exporter/seam/secret.h"
#include "tests/support/fake_server.h"
#include "tests/support/redis_target_at.h"

// A Redis Cluster of fake servers: what its nodes are asked and what they answer,
// as lists of steps. The seed is a server of its own, so that it can tell of nodes
// whose ports are known by then.
namespace testing::fake_cluster {

using collectors::KeyCommand;
using collectors::RedisCluster;
using collectors::RedisReply;
using exporter::CollectContext;
using exporter::CollectError;
using exporter::Deadline;
using exporter::Watchdog;
using std::chrono::milliseconds;
using testing::FakeServer;
using Peer = FakeServer::Peer;
using Script = FakeServer::Script;

// "b" is in slot 3300 and "c" in 7365: the low half; "a" in 15495: the high half.
inline const std::string kLow = " 0-8191";
inline const std::string kHigh = " 8192-16383";

inline std::string Bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

// What a node expects, word by word, and what it then sends.
struct Step {
  std::vector<std::string> words;
  std::string answer;
};

// One connection that goes through the steps and then says nothing more.
inline Script Steps(std::vector<Step> steps) {
  return [steps](Peer& peer) {
    for (const Step& step : steps) {
      for (const std::string& word : step.words) peer.Expect("\r\n" + word + "\r\n");
      peer.Send(step.answer);
    }
    peer.Mute();
  };
}

inline std::string Redirect(const std::string& word, const FakeServer& node) {
  return "-" + word + " 1 127.0.0.1:" + std::to_string(node.port()) + "\r\n";
}

inline std::string Line(const std::string& id, int port, const std::string& slots) {
  return id + " 127.0.0.1:" + std::to_string(port) + "@1 " + (slots.empty() ? "slave" : "master") +
         " - 0 0 1 connected" + slots + "\n";
}

inline std::string Line(const std::string& id, const FakeServer& node, const std::string& slots) {
  return Line(id, node.port(), slots);
}

// A seed that tells of these nodes.
inline Script Tells(const std::string& nodes) { return Steps({{{"NODES"}, Bulk(nodes)}}); }

// A port where nobody listens.
inline int DeadPort() {
  const FakeServer server([](Peer&) {});
  return server.port();
}

inline std::string Shown(const RedisReply& reply) {
  if (reply.type == RedisReply::Type::kNil) return "nil";
  if (reply.type != RedisReply::Type::kError) return reply.text;
  return "error " + std::string(exporter::Name(collectors::KindOfRedisError(reply.text)));
}

inline KeyCommand Get(const std::string& key) { return {key, {"GET", key}}; }

// A collector's calls, each with as much time as the first.
class Run {
 public:
  explicit Run(milliseconds budget = milliseconds(5000)) : budget_(budget) {}

  CollectContext Context() { return {Deadline::After(budget_), watchdog_}; }

  // The replies to GET of the keys, as "1, nil, error connect".
  std::string Ask(RedisCluster& cluster, const std::vector<std::string>& keys) {
    std::vector<KeyCommand> commands;
    for (const std::string& key : keys) commands.push_back(Get(key));
    std::string text;
    for (const RedisReply& reply : cluster.Ask(Context(), 0, commands)) {
      text += (text.empty() ? "" : ", ") + Shown(reply);
    }
    return text;
  }

  // The reply to PING, or how it failed.
  std::string Ping(RedisCluster& cluster, std::size_t node) {
    try {
      return Shown(cluster.AskNode(Context(), node, {{"PING"}}).at(0));
    } catch (const CollectError& error) {
      return "error " + std::string(Name(error.kind()));
    }
  }

 private:
  milliseconds budget_;
  Watchdog watchdog_;
};

class Stopwatch {
 public:
  milliseconds Elapsed() const {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start_);
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace testing::fake_cluster
