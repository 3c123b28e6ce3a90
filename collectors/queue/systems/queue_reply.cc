#include "collectors/queue/systems/queue_reply.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <set>

#include "collectors/queue/systems/queue_system.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using Type = RedisReply::Type;

constexpr std::size_t kShownErrorBytes = 200;
constexpr std::size_t kLongestJson = std::size_t{1} << 20;
constexpr double kYear2000 = 946684800;
constexpr char kScanStep[] = "1000";  // Entries looked at: a few hundred microseconds.

double Seconds(QueueTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

long long Milliseconds(QueueTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// Calls `read` with the value of a field at the top. Returns false if there is no such field.
template <typename Read>
bool WithField(const std::string& json, std::string_view field, Read read) {
  if (json.size() > kLongestJson) return false;
  const simdjson::padded_string text(json);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  simdjson::ondemand::value value;
  if (parser.iterate(text).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS ||
      object.find_field_unordered(field).get(value) != simdjson::SUCCESS) {
    return false;
  }
  return read(value);
}

}  // namespace

const RedisReply& Checked(const RedisReply& reply, Type type) {
  if (reply.type == type) return reply;
  if (reply.type != Type::kError) {
    throw CollectError(ErrorKind::kProtocol, "Redis answers with what was not asked for");
  }
  throw CollectError(KindOfRedisError(reply.text), reply.text.substr(0, kShownErrorBytes));
}

double CountOf(const RedisReply& reply) {
  const long long count = Checked(reply, Type::kInteger).integer;
  if (count < 0) throw CollectError(ErrorKind::kProtocol, "Redis counts less than nothing");
  return static_cast<double>(count);
}

std::optional<std::string> TextOf(const RedisReply& reply) {
  if (reply.type == Type::kNil) return std::nullopt;
  return Checked(reply, Type::kString).text;
}

std::string SecondsText(QueueTime time) {
  const long long ms = Milliseconds(time);
  return std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 + 1000).substr(1);
}

std::string MillisecondsText(QueueTime time) { return std::to_string(Milliseconds(time)); }

std::optional<double> AgeSinceScore(double epoch_seconds, QueueTime now) {
  if (!std::isfinite(epoch_seconds)) return std::nullopt;
  return std::max(0.0, Seconds(now) - epoch_seconds);
}

std::optional<double> AgeSince(std::optional<double> epoch_seconds, QueueTime now) {
  if (!epoch_seconds || !(*epoch_seconds > kYear2000)) return std::nullopt;
  return AgeSinceScore(*epoch_seconds, now);
}

std::optional<double> EpochOfIso(const std::string& text) {
  std::tm parts = {};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  double fraction = 0;
  if (*rest == '.') {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(rest, end, fraction, std::chars_format::fixed);
    if (error != std::errc()) return std::nullopt;
    rest = stop;
  }
  const std::string_view zone = rest;
  if (!zone.empty() && zone != "Z" && zone != "+00:00") return std::nullopt;
  return static_cast<double>(timegm(&parts)) + fraction;
}

std::optional<double> JsonNumber(const std::string& json, std::string_view field) {
  double number = 0;
  const bool found = WithField(json, field, [&](simdjson::ondemand::value value) {
    return value.get_double().get(number) == simdjson::SUCCESS;
  });
  return found ? std::optional(number) : std::nullopt;
}

std::optional<std::vector<std::string>> JsonTexts(const std::string& json, std::string_view field) {
  std::vector<std::string> texts;
  const bool found = WithField(json, field, [&](simdjson::ondemand::value value) {
    simdjson::ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return false;
    for (auto item : array) {
      std::string_view text;
      if (item.get_string().get(text) != simdjson::SUCCESS) return false;
      texts.emplace_back(text);
    }
    return true;
  });
  return found ? std::optional(std::move(texts)) : std::nullopt;
}

// COUNT is in buckets of the hash table. A set of that many members has at most four times as many
// buckets, unless it has just shrunk by half.
RedisCommand MembersCommand(const std::string& key) {
  return {"SSCAN", key, "0", "COUNT", std::to_string(4 * kQueueMembersRead)};
}

std::optional<std::vector<std::string>> MembersOf(const RedisReply& reply) {
  const std::vector<RedisReply>& parts = Checked(reply, Type::kArray).items;
  if (parts.size() != 2) {
    throw CollectError(ErrorKind::kProtocol, "Redis answers SSCAN with something else");
  }
  std::set<std::string> members;
  for (const RedisReply& member : Checked(parts[1], Type::kArray).items) {
    members.insert(Checked(member, Type::kString).text);
  }
  const bool whole = Checked(parts[0], Type::kString).text == "0";
  if (!whole || members.size() > kQueueMembersRead) return std::nullopt;
  return std::vector<std::string>(members.begin(), members.end());
}

RedisCommand ScanCommand(const std::string& cursor, const std::string& glob) {
  return {"SCAN", cursor, "MATCH", glob, "COUNT", kScanStep};
}

std::optional<std::string> Between(std::string_view text, std::string_view begin,
                                   std::string_view end) {
  if (text.size() <= begin.size() + end.size() || !text.starts_with(begin) ||
      !text.ends_with(end)) {
    return std::nullopt;
  }
  return std::string(text.substr(begin.size(), text.size() - begin.size() - end.size()));
}

}  // namespace collectors
