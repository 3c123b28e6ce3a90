#include "collectors/celery/brokers/redis_mailboxes.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstddef>

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;

// Each takes the server about 0.5 µs.
constexpr long long kMostMembers = 10'000;
constexpr std::size_t kLongestShown = 100;

// As in a YAML text between double quotes.
std::string Shown(std::string_view text) {
  std::string shown = "\"";
  for (const char c : text.substr(0, kLongestShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f) {
      shown += fmt::format("\\x{:02x}", byte);
      continue;
    }
    if (c == '"' || c == '\\') shown += '\\';
    shown += c;
  }
  return shown + (text.size() > kLongestShown ? "...\"" : "\"");
}

// Reads the members of both sets, after a look at how many there are.
std::vector<RedisReply> ReadSets(const CollectContext& context, RedisSession& session,
                                 const std::vector<std::string>& keys) {
  std::vector<RedisCommand> sizes;
  std::vector<RedisCommand> reads;
  for (const std::string& key : keys) {
    sizes.push_back({"SCARD", key});
    reads.push_back({"SMEMBERS", key});
  }
  for (const RedisReply& size : session.Pipeline(context, sizes)) {
    if (size.type == RedisReply::Type::kError) throw RedisError("SCARD", size);
    if (size.integer <= kMostMembers) continue;
    throw CollectError(ErrorKind::kLimit,
                       fmt::format("workers are not asked: there are more than {} bindings of "
                                   "control calls or of their replies",
                                   kMostMembers));
  }
  std::vector<RedisReply> sets = session.Pipeline(context, reads);
  for (const RedisReply& set : sets) {
    if (set.type == RedisReply::Type::kError) throw RedisError("SMEMBERS", set);
  }
  return sets;
}

}  // namespace

RedisMailboxes ReadMailboxes(const CollectContext& context, RedisSession& session,
                             const RedisNames& names) {
  const auto sets = ReadSets(context, session, {names.MailboxBinding(), names.ReplyBinding()});
  RedisMailboxes boxes;
  for (const RedisReply& member : sets[0].items) boxes.workers.push_back(member.text);
  for (const RedisReply& member : sets[1].items) boxes.replies.push_back(member.text);
  return boxes;
}

std::vector<std::string> WorkersToAsk(const RedisMailboxes& boxes, const RedisNames& names) {
  std::vector<std::string> workers;
  for (const std::string& member : boxes.workers) {
    workers.push_back(WorkerOfMailbox(member, names));
  }
  std::sort(workers.begin(), workers.end());
  for (const std::string& member : boxes.replies) {
    if (IsBinding(member, names.separator)) continue;
    throw CollectError(
        ErrorKind::kProtocol,
        fmt::format("workers are not asked: {} holds {}, which is not three parts between {}: a "
                    "worker that replies would fail. SREM it",
                    names.ReplyBinding(), Shown(member), Shown(names.separator)));
  }
  return workers;
}

std::string WorkerOfMailbox(std::string_view member, const RedisNames& names) {
  const std::string& separator = names.separator;
  const std::string prefix = separator + separator;
  const std::string ending = "." + names.control.calls;
  if (IsBinding(member, separator) && member.starts_with(prefix) && member.ends_with(ending)) {
    member.remove_prefix(prefix.size());
    if (member.size() > ending.size()) {
      return std::string(member.substr(0, member.size() - ending.size()));
    }
  }
  const std::string_view theirs = SeparatorOfMailbox(member);
  const std::string advice =
      theirs.empty() ? "set sep as in Celery's broker_transport_options"
                     : fmt::format("set sep: {}, as in broker_transport_options", Shown(theirs));
  throw CollectError(ErrorKind::kProtocol,
                     fmt::format("workers are not asked, and depths of queues may be wrong: a "
                                 "worker's binding is {}, which does not have the separator {}: {}",
                                 Shown(member), Shown(separator), advice));
}

bool IsBinding(std::string_view member, std::string_view separator) {
  std::size_t parts = 1;
  for (std::size_t at = member.find(separator); at != std::string_view::npos;
       at = member.find(separator, at + separator.size())) {
    ++parts;
  }
  return parts == 3 && simdjson::validate_utf8(member.data(), member.size());
}

// The shortest text that the member begins with twice and that it does not contain again.
std::string_view SeparatorOfMailbox(std::string_view member) {
  for (std::size_t size = 1; 2 * size < member.size(); ++size) {
    const std::string_view text = member.substr(0, size);
    if (member.substr(size, size) == text && IsBinding(member, text)) return text;
  }
  return {};
}

}  // namespace collectors
