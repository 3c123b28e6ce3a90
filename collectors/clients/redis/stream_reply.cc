#include "collectors/clients/redis/stream_reply.h"

#include <charconv>
#include <cstdint>
#include <utility>

namespace collectors {
namespace {

// "1526999626221-0": milliseconds since the epoch, and a sequence number within the millisecond.
using StreamId = std::pair<std::uint64_t, std::uint64_t>;

std::optional<StreamId> IdOf(const RedisReply* reply) {
  if (reply == nullptr) return std::nullopt;
  StreamId id;
  const char* const end = reply->text.data() + reply->text.size();
  const auto first = std::from_chars(reply->text.data(), end, id.first);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, id.second);
  if (second.ec != std::errc() || second.ptr != end) return std::nullopt;
  return id;
}

}  // namespace

const RedisReply* FieldOf(const RedisReply& pairs, std::string_view name) {
  for (std::size_t i = 0; i + 1 < pairs.items.size(); i += 2) {
    if (pairs.items[i].text == name) return &pairs.items[i + 1];
  }
  return nullptr;
}

std::optional<double> CountBehind(const RedisReply& pairs, std::string_view name) {
  const RedisReply* const reply = FieldOf(pairs, name);
  const bool is_count =
      reply != nullptr && reply->type == RedisReply::Type::kInteger && reply->integer >= 0;
  return is_count ? std::optional(static_cast<double>(reply->integer)) : std::nullopt;
}

StreamPlace PlaceOf(const RedisReply& stream, const RedisReply& group) {
  StreamPlace place = {.length = CountBehind(stream, "length").value_or(0),
                       .pending = CountBehind(group, "pending").value_or(0),
                       .read = CountBehind(group, "entries-read"),
                       .lag = CountBehind(group, "lag")};
  const auto delivered = IdOf(FieldOf(group, "last-delivered-id"));
  const auto last = IdOf(FieldOf(stream, "last-generated-id"));
  const RedisReply* const entry = FieldOf(stream, "first-entry");
  const auto first =
      IdOf(entry == nullptr || entry->items.empty() ? nullptr : &entry->items.front());
  place.is_at_end = delivered && last && *delivered >= *last;
  place.is_before_first = delivered && first && *delivered < *first;
  place.has_deleted = IdOf(FieldOf(stream, "max-deleted-entry-id")) > StreamId();
  return place;
}

}  // namespace collectors
