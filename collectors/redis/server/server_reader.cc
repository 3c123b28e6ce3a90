#include "collectors/redis/server/server_reader.h"

#include <chrono>
#include <string>
#include <utility>

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Reading;
using exporter::SteadyTime;

constexpr std::chrono::minutes kAskAgain{10};

InfoText CheckedInfo(const RedisReply& reply) {
  if (reply.type == RedisReply::Type::kError) throw RedisError("INFO", reply);
  InfoText info = ParseInfo(reply.text);
  if (info.count("uptime_in_seconds") == 0) {
    throw CollectError(ErrorKind::kProtocol, "the answer to INFO tells nothing of a server");
  }
  return info;
}

bool IsMaster(const InfoText& info) {
  const auto role = info.find("role");
  return role != info.end() && role->second == "master";
}

struct Asked {
  const ReplyPart* part;
  std::size_t commands;
};

}  // namespace

bool ServerReader::IsRefused(const ReplyPart& part, SteadyTime now) const {
  const auto refusal = refusals_.find(part.name);
  return refusal != refusals_.end() && now < refusal->second.until;
}

void ServerReader::Read(const AskServer& ask, SteadyTime now,
                        std::chrono::system_clock::time_point wall_now, Reading& reading) {
  const RedisReply text = std::move(ask({{"INFO", "all"}}).front());
  const InfoText info = CheckedInfo(text);
  if (parts_->only_master && !IsMaster(info)) {
    throw CollectError(ErrorKind::kConnect,
                       "the server is no master any more: a failover is under way");
  }
  const ServerFacts server = FactsOf(info, wall_now);
  std::vector<RedisCommand> commands;
  std::vector<Asked> asked;
  for (const ReplyPart* part : parts_->replies) {
    auto words = part->commands(server);
    if (words.empty()) continue;
    if (IsRefused(*part, now)) {
      reading.problems.push_back(refusals_.at(part->name).problem);
      continue;
    }
    asked.push_back({part, words.size()});
    std::move(words.begin(), words.end(), std::back_inserter(commands));
  }
  const std::vector<RedisReply> replies =
      commands.empty() ? std::vector<RedisReply>{} : ask(commands);
  std::span<const RedisReply> rest = replies;
  for (const auto& [part, count] : asked) {
    ReadPart(*part, rest.first(count), server, now, reading);
    rest = rest.subspan(count);
  }
  AddInfo(info, server.now, parts_->info, reading.families);
}

void ServerReader::ReadPart(const ReplyPart& part, std::span<const RedisReply> replies,
                            const ServerFacts& server, SteadyTime now, Reading& reading) {
  refusals_.erase(part.name);
  try {
    part.add(replies, server, reading.families);
  } catch (const CollectError& error) {
    const CollectError problem(error.kind(), error.what(), std::string(part.name));
    if (error.kind() == ErrorKind::kPermission) {
      refusals_.emplace(part.name, Refusal{now + kAskAgain, problem});
    }
    reading.problems.push_back(problem);
  }
}

}  // namespace collectors
