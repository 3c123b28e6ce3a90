#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/redis/redis_session.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/deadline.h"

namespace collectors {

// Sends many commands to a Redis at once and loses only the reply that breaks the connection: one
// that is too large, late or not valid protocol, or one in place of which a server or proxy closes
// the connection. That command gets an error reply, and the commands after it are sent on a new
// connection. In the next run the command is sent last and alone. If it breaks the connection then,
// or is too large by itself, it is not sent for ten minutes, then for twice as long each time, at
// most six hours. One thread at a time.
class SturdySession {
 public:
  // The session must outlive it.
  explicit SturdySession(RedisSession& session) : session_(session) {}

  // Returns a reply for each command. Throws the session's error if the server answers neither the
  // commands nor a PING that follows them; a single command needs no PING. A command that breaks
  // the connection takes at most half of the remaining time.
  std::vector<RedisReply> Ask(const exporter::CollectContext& context,
                              const std::vector<RedisCommand>& commands,
                              std::optional<int> database = {});

  // Like Ask(), at a time that a test chooses.
  std::vector<RedisReply> AskAt(exporter::SteadyTime now, const exporter::CollectContext& context,
                                const std::vector<RedisCommand>& commands,
                                std::optional<int> database = {});

 private:
  // A command that broke a connection.
  struct Offence {
    RedisReply reply;
    exporter::SteadyTime until;  // Sent again from then on.
    std::chrono::seconds rest{0};
  };
  // A call in progress.
  struct Batch;

  void AskPlaces(const exporter::CollectContext& context, Batch& batch);
  // Sends the remaining commands in one pipeline.
  void AskOnce(const exporter::CollectContext& context, Batch& batch);
  // `is_first`: the break came before any reply to the pipeline's commands.
  void TakeBreak(const exporter::CollectError& error, bool is_first, Batch& batch);
  void SettleBlame(Batch& batch);
  void AskSuspect(const exporter::CollectContext& context, Batch& batch, std::size_t place);
  // Records that the command broke a connection. `is_proven`: nothing else can have broken it.
  void Blame(const exporter::CollectError& error, bool is_proven, Batch& batch, std::size_t place);

  RedisSession& session_;
  std::map<std::string, Offence> offences_;  // By the name from NameOf().
};

}  // namespace collectors
