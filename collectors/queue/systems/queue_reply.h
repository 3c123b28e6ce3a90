#pragma once

#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/redis/redis_session.h"

// What the replies about queues are made of. All pure. "Throws" is a CollectError:
// of an error reply its kind, of another wrong shape kProtocol.
namespace collectors {

using QueueTime = std::chrono::system_clock::time_point;

// The reply, if it is of that type; else throws.
const RedisReply& Checked(const RedisReply& reply, RedisReply::Type type);

// A number of entries, not below zero; else throws.
double CountOf(const RedisReply& reply);

// A string; none for nil. Throws for anything else.
std::optional<std::string> TextOf(const RedisReply& reply);

// The number at the front of a text, as of a score or of a stream's id
// ("1700000000000-0").
template <typename T>
std::optional<T> LeadingNumber(const std::string& text) {
  T value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

// Epoch seconds, with milliseconds, so that both ends of a range say one moment.
std::string SecondsText(QueueTime time);
std::string MillisecondsText(QueueTime time);

// How long ago that was, in seconds; a clock that runs ahead of ours makes no age
// below zero. None where `then` is no time after 2000: an age of decades is a
// number read wrongly.
std::optional<double> AgeSince(std::optional<double> epoch_seconds, QueueTime now);
// The same of any finite time, as a sorted set's score.
std::optional<double> AgeSinceScore(double epoch_seconds, QueueTime now);

// 2026-11-21T03:37:46.742580Z, with or without fraction and Z, as epoch seconds.
std::optional<double> EpochOfIso(const std::string& text);

// A number at the top of a JSON object; nothing else in it is looked at. None where
// it is absent, or the text is no JSON or of more than 1 MiB.
std::optional<double> JsonNumber(const std::string& json, std::string_view field);
// The texts of a list at the top of a JSON object; none as above.
std::optional<std::vector<std::string>> JsonTexts(const std::string& json, std::string_view field);

// SSCAN for all members of a set of no more than kQueueMembersRead.
RedisCommand MembersCommand(const std::string& key);
// Its members, each once; none where the set has more. Throws for what is no reply
// to SSCAN.
std::optional<std::vector<std::string>> MembersOf(const RedisReply& reply);

// One step through the keys of a glob.
RedisCommand ScanCommand(const std::string& cursor, const std::string& glob);

// The middle of a text, if it has that beginning and that end.
std::optional<std::string> Between(std::string_view text, std::string_view begin,
                                   std::string_view end);

}  // namespace collectors
