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

// A connection to one Redis, logged in and with the URL's database selected. Speaks RESP2. Every
// call throws CollectError on failure; afterwards the connection must not be used. One thread at a
// time.
class RedisConnection {
 public:
  // Connects to the endpoint's host or path; ignores its sentinels.
  RedisConnection(const exporter::CollectContext& context, const RedisEndpoint& endpoint,
                  const RedisTarget& target, ReplyBounds bounds = {});

  // Sends all commands at once and returns a reply for each. An error reply is a reply too.
  std::vector<RedisReply> Run(const exporter::CollectContext& context,
                              const std::vector<RedisCommand>& commands);
  // Like Run(). `replies` gets the replies that arrived, also if it throws.
  void RunInto(const exporter::CollectContext& context, const std::vector<RedisCommand>& commands,
               std::vector<RedisReply>& replies);

  // For a subscriber: sends and does not wait for replies.
  void Send(const exporter::CollectContext& context, const std::vector<RedisCommand>& commands);
  // Returns the server's next reply if it is complete by `until`, which comes before
  // context.deadline. Otherwise returns nothing; the connection remains usable. The bounds apply to
  // each reply by itself.
  std::optional<RedisReply> Next(const exporter::CollectContext& context, exporter::Deadline until);

  // Throws kConnect if the server reports another role than master. A server that does not allow
  // ROLE (kPermission) is assumed to be a master.
  void ExpectMaster(const exporter::CollectContext& context);

  // Selects `database`, or the URL's if there is no number, unless it is already selected.
  void Select(const exporter::CollectContext& context, std::optional<int> database);

  const RedisEndpoint& endpoint() const { return endpoint_; }

 private:
  // Sends and receives as Run() does. If the server closes the connection, the error contains its
  // last words; if `is_secret`, only words that cannot repeat ours (see IsTurnedAway()).
  void Exchange(const exporter::CollectContext& context, const std::vector<RedisCommand>& commands,
                bool is_secret, std::vector<RedisReply>& replies);
  // Throws if input arrived without a request. The text contains the error in that input.
  void ExpectSilence(const exporter::CollectContext& context);
  RedisReply Receive(const exporter::CollectContext& context);
  void LogIn(const exporter::CollectContext& context);
  void SetName(const exporter::CollectContext& context, const std::string& name);

  RedisEndpoint endpoint_;  // With the master's address if sentinels named it.
  int database_;            // The selected one.
  Stream stream_;
  ReplyReader reader_;
  std::string ignored_;  // The error reply to CLIENT SETNAME; cleared by the next success.
};

// Returns the error with the server's name before its text: a log may cover many servers.
exporter::CollectError Named(const exporter::CollectError& error, const RedisEndpoint& endpoint);

}  // namespace collectors
