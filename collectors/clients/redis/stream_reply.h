#pragma once

#include <optional>
#include <string_view>

#include "collectors/clients/redis/redis_session.h"

// Reads the replies to XINFO STREAM and XINFO GROUPS, flat lists of names and values:
// https://redis.io/docs/latest/commands/xinfo-stream/
// All functions are pure.
namespace collectors {

// Returns the value that follows `name`, or null if the name is absent.
const RedisReply* FieldOf(const RedisReply& pairs, std::string_view name);

// Returns the count that follows `name`, or nothing if it is absent or nil. The server sends nil if
// it does not know the count.
std::optional<double> CountBehind(const RedisReply& pairs, std::string_view name);

// A consumer group's position in its stream, at one moment.
struct StreamPlace {
  double length = 0;   // Entries in the stream.
  double pending = 0;  // Entries delivered to the group and not acknowledged.
  // Entries that the group has read, of all ever added.
  std::optional<double> read = std::nullopt;
  // Entries that the group has yet to read, by the server's count.
  std::optional<double> lag = std::nullopt;
  // The group is known to have read none, or all, of the entries now in the stream.
  bool is_before_first = false;
  bool is_at_end = false;
  // Entries were removed by XDEL. Trimming by MAXLEN does not set this.
  bool has_deleted = false;
};

// `stream` is the reply to XINFO STREAM, `group` the group's item in the reply to XINFO GROUPS.
StreamPlace PlaceOf(const RedisReply& stream, const RedisReply& group);

}  // namespace collectors
