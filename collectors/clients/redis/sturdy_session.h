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

// Asks much at once of a Redis, and loses no more than the answer that breaks the
// connection: one that is too large, does not come in time or is no protocol, or a server
// or proxy that closes instead. That command has an error reply, and what comes after it
// is asked on a new connection. In the next collection the command is asked last and
// alone; one that breaks the connection then, or is too large by itself, is left alone for
// ten minutes, twice as long each time, six hours at most. One thread at a time.
class SturdySession {
 public:
  // The session must outlive it.
  explicit SturdySession(RedisSession& session) : session_(session) {}

  // A reply for each command. Throws as the session does if nobody answers: neither the
  // commands nor a PING after them; one command alone decides that by itself. A command that breaks
  // the connection takes at most half of the time that is left.
  std::vector<RedisReply> Ask(const exporter::CollectContext& context,
                              const std::vector<RedisCommand>& commands,
                              std::optional<int> database = {});

  // The same at a time that a test chooses.
  std::vector<RedisReply> AskAt(exporter::SteadyTime now, const exporter::CollectContext& context,
                                const std::vector<RedisCommand>& commands,
                                std::optional<int> database = {});

 private:
  // What is known of a command that broke a connection.
  struct Offence {
    RedisReply reply;
    exporter::SteadyTime until;  // Then it is asked again.
    std::chrono::seconds rest{0};
  };
  // A call under way.
  struct Batch;

  void AskPlaces(const exporter::CollectContext& context, Batch& batch);
  // One pipeline of what is still to be asked.
  void AskOnce(const exporter::CollectContext& context, Batch& batch);
  // `is_first`: before the answer that broke the pipeline there was none of its commands'.
  void TakeBreak(const exporter::CollectError& error, bool is_first, Batch& batch);
  void SettleBlame(Batch& batch);
  void AskSuspect(const exporter::CollectContext& context, Batch& batch, std::size_t place);
  // Notes that the command broke a connection; `is_proven`, that nothing else did.
  void Blame(const exporter::CollectError& error, bool is_proven, Batch& batch, std::size_t place);

  RedisSession& session_;
  std::map<std::string, Offence> offences_;  // By the command.
};

}  // namespace collectors
