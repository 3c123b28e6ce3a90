#pragma once

#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/clients/redis/redis_session.h"

// Parsers of replies about queues. All are pure. "Throws" means a CollectError: with the kind of an
// error reply, or kProtocol for another wrong shape.
namespace collectors {

using QueueTime = std::chrono::system_clock::time_point;

// Returns the reply if it has that type; else throws.
const RedisReply& Checked(const RedisReply& reply, RedisReply::Type type);

// Returns a number of entries, not below zero; else throws.
double CountOf(const RedisReply& reply);

// Returns a string; absent for nil. Throws for anything else.
std::optional<std::string> TextOf(const RedisReply& reply);

// Returns the number at the front of a text, such as a score or a stream's id ("1700000000000-0").
template <typename T>
std::optional<T> LeadingNumber(const std::string& text) {
  T value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

// Epoch seconds with milliseconds, so that both ends of a range are the same moment.
std::string SecondsText(QueueTime time);
std::string MillisecondsText(QueueTime time);

// Returns how many seconds ago that was; not below zero, because a clock may be ahead of ours.
// Absent if the time is not after 2000: an age of decades comes from a number that was read
// wrongly.
std::optional<double> AgeSince(std::optional<double> epoch_seconds, QueueTime now);
// The same for any finite time, such as a sorted set's score.
std::optional<double> AgeSinceScore(double epoch_seconds, QueueTime now);

// Returns epoch seconds of 2026-11-21T03:37:46.742580Z, with or without the fraction and the Z (or
// +00:00).
std::optional<double> EpochOfIso(const std::string& text);

// Returns a number at the top of a JSON object. Nothing else in the object is read. Absent if there
// is no such number, or if the text is not JSON or has more than 1 MiB.
std::optional<double> JsonNumber(const std::string& json, std::string_view field);
// Returns the texts of a list at the top of a JSON object; absent likewise.
std::optional<std::vector<std::string>> JsonTexts(const std::string& json, std::string_view field);

// SSCAN for all members of a set of at most kQueueMembersRead.
RedisCommand MembersCommand(const std::string& key);
// Returns the members, each once; absent if the set has more. Throws if it is not a reply to SSCAN.
std::optional<std::vector<std::string>> MembersOf(const RedisReply& reply);

// One step through the keys of a glob.
RedisCommand ScanCommand(const std::string& cursor, const std::string& glob);

// Returns what stands between that beginning and that end; absent for other texts, and if empty.
std::optional<std::string> Between(std::string_view text, std::string_view begin,
                                   std::string_view end);

}  // namespace collectors
