#pragma once

#include <optional>
#include <string_view>

#include "collectors/clients/redis/redis_session.h"

// What XINFO STREAM and XINFO GROUPS answer, flat lists of names and values:
// https://redis.io/docs/latest/commands/xinfo-stream/
// All pure.
namespace collectors {

// The value behind a name; null if it is absent.
const RedisReply* FieldOf(const RedisReply& pairs, std::string_view name);

// The count behind a name. Absent for nil, by which the server says that it cannot tell.
std::optional<double> CountBehind(const RedisReply& pairs, std::string_view name);

// A consumer group's place in its stream, at one moment.
struct StreamPlace {
  double length = 0;   // Entries in the stream.
  double pending = 0;  // Entries delivered to the group and not acknowledged.
  // Entries that the group has read, of all that were ever added.
  std::optional<double> read = std::nullopt;
  // Entries that it has yet to read, as the server counts them.
  std::optional<double> lag = std::nullopt;
  // The group is known to have read none of those in the stream, or all.
  bool is_before_first = false;
  bool is_at_end = false;
  // Entries were removed by XDEL, which trimming by MAXLEN does not count as.
  bool has_deleted = false;
};

// By the answer to XINFO STREAM and the group's entry in that to XINFO GROUPS.
StreamPlace PlaceOf(const RedisReply& stream, const RedisReply& group);

}  // namespace collectors
