#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>

namespace collectors {

// What a server says of a consumer group's place in its stream, at one moment.
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
};

// How many entries groups have yet to read.
//
// A server counts all that were ever added, less what the group has read. If entries are
// removed before the group has read them, as by MAXLEN, they stay in that count for good:
// a group that has read all has a lag in Redis 7.0 to 8.0 and in Valkey (redis/redis#13957,
// valkey-io/valkey#641). The count is never too low. So it is taken if it is 0, if it agrees
// with what is in the stream, or if all that the group had yet to read when its count was
// last right, and all that came since, was read or is still there.
//
// Pure but for what it has seen. One thread.
class StreamLags {
 public:
  using Group = std::tuple<int, std::string, std::string>;  // The database, the stream, the name.

  // Begins a collection. What was not asked for in the last hundred is forgotten.
  void BeginRun();
  // The lag; absent if it is not known.
  std::optional<double> Of(const Group& group, const StreamPlace& place);

 private:
  struct Counted {
    double read = 0;  // What the group had read when the server's count was last right.
    std::size_t run = 0;
  };

  static bool IsRight(const StreamPlace& place, const std::optional<Counted>& counted);

  std::map<Group, Counted> counted_;
  std::size_t run_ = 0;
};

}  // namespace collectors
