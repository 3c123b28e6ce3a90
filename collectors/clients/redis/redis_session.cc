#include "collectors/clients/redis/redis_session.h"

#include <utility>

namespace collectors {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;

RedisSession::RedisSession(RedisTarget target) : dialer_(std::move(target)) {}
RedisSession::~RedisSession() = default;

RedisReply RedisSession::Command(const CollectContext& context, const RedisCommand& command) {
  RedisReply reply = std::move(Pipeline(context, {command}).front());
  if (reply.type != RedisReply::Type::kError) return reply;
  throw RedisError(command.front(), reply);
}

std::vector<RedisReply> RedisSession::Pipeline(const CollectContext& context,
                                               const std::vector<RedisCommand>& commands,
                                               std::optional<int> database) {
  const bool is_kept = connection_ != nullptr;
  std::vector<RedisReply> replies;
  try {
    PipelineInto(context, commands, database, replies);
    return replies;
  } catch (const CollectError& error) {
    // If no reply arrived, PipelineInto() has already sent everything twice.
    if (!is_kept || replies.empty() || error.kind() != ErrorKind::kConnect) throw;
  }
  replies.clear();
  RunOnce(context, commands, database, replies);
  return replies;
}

void RedisSession::PipelineInto(const CollectContext& context,
                                const std::vector<RedisCommand>& commands,
                                std::optional<int> database, std::vector<RedisReply>& replies) {
  const bool is_kept = connection_ != nullptr;
  try {
    return RunOnce(context, commands, database, replies);
  } catch (const CollectError& error) {
    // A kept connection may have been closed meanwhile (an idle timeout, a server restart): try
    // once more.
    if (!is_kept || !replies.empty() || error.kind() != ErrorKind::kConnect) throw;
  }
  RunOnce(context, commands, database, replies);
}

void RedisSession::RunOnce(const CollectContext& context, const std::vector<RedisCommand>& commands,
                           std::optional<int> database, std::vector<RedisReply>& replies) {
  // Moved out, so that any exception closes it.
  std::unique_ptr<RedisConnection> connection = std::move(connection_);
  if (connection != nullptr) FollowMaster(context, connection);
  if (connection == nullptr) connection = Connect(context);
  try {
    connection->Select(context, database);
    connection->RunInto(context, commands, replies);
    connection_ = std::move(connection);
  } catch (const CollectError& error) {
    throw Named(error, connection->endpoint());
  }
}

std::unique_ptr<RedisConnection> RedisSession::Connect(const CollectContext& context) {
  const auto start = std::chrono::steady_clock::now();
  auto connection = dialer_.Connect(context);
  connect_time_ = std::chrono::steady_clock::now() - start;
  ++connections_;
  url_database_ = connection->endpoint().database;
  return connection;
}

void RedisSession::FollowMaster(const CollectContext& context,
                                std::unique_ptr<RedisConnection>& connection) {
  try {
    if (dialer_.HasMoved(context, connection->endpoint())) connection.reset();
  } catch (const CollectError&) {
    // No sentinel answers. Keep the known master while it still claims the role.
    connection->ExpectMaster(context);
  }
}

}  // namespace collectors
