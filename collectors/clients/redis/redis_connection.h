#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/net/stream.h"
#include "collectors/clients/redis/endpoint.h"
#include "collectors/clients/redis/redis_reply.h"
#include "collectors/clients/redis/redis_target.h"
#include "collectors/clients/redis/reply_reader.h"
#include "exporter/seam/collector.h"

namespace collectors {

// A connection to one Redis, logged in and in the URL's database. Every call
// throws CollectError, and the connection is of no use after that. Speaks RESP2.
// One thread at a time.
class RedisConnection {
 public:
  // Connects to endpoint's host or path, whatever sentinels it may name besides.
  RedisConnection(const exporter::CollectContext& context, const RedisEndpoint& endpoint,
                  const RedisTarget& target, ReplyBounds bounds = {});

  // Sends all in one go and waits for a reply for each; an error reply is one.
  std::vector<RedisReply> Run(const exporter::CollectContext& context,
                              const std::vector<RedisCommand>& commands);
  // The same; `replies` has those that came, also if it throws.
  void RunInto(const exporter::CollectContext& context, const std::vector<RedisCommand>& commands,
               std::vector<RedisReply>& replies);

  // For a connection that is told things: sends and waits for nothing.
  void Send(const exporter::CollectContext& context, const std::vector<RedisCommand>& commands);
  // The next of what the server says, if it is whole by `until`; with none the
  // connection is as good as before. `until` comes before context.deadline. The
  // bounds are for each one alone.
  std::optional<RedisReply> Next(const exporter::CollectContext& context, exporter::Deadline until);

  // Throws kConnect unless the server says that it is a master. One that does not
  // let us ask is believed.
  void ExpectMaster(const exporter::CollectContext& context);

  // Chooses a database, or the URL's, unless it is the chosen one.
  void Select(const exporter::CollectContext& context, std::optional<int> database);

  const RedisEndpoint& endpoint() const { return endpoint_; }

 private:
  // Sends and receives as Run. A failure has what the server said before it left; if
  // `is_secret`, only what repeats no word of ours.
  void Exchange(const exporter::CollectContext& context, const std::vector<RedisCommand>& commands,
                bool is_secret, std::vector<RedisReply>& replies);
  // Throws if something came that nobody has asked for, with the error in it.
  void ExpectSilence(const exporter::CollectContext& context);
  RedisReply Receive(const exporter::CollectContext& context);
  void LogIn(const exporter::CollectContext& context);
  void SetName(const exporter::CollectContext& context, const std::string& name);

  RedisEndpoint endpoint_;  // With the master's address where sentinels told it.
  int database_;            // The chosen one.
  Stream stream_;
  ReplyReader reader_;
  std::string ignored_;  // The error that SETNAME was answered with, until all is well.
};

// The same with the server that it is of: a log may tell of many.
exporter::CollectError Named(const exporter::CollectError& error, const RedisEndpoint& endpoint);

}  // namespace collectors
