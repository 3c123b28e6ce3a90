#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "collectors/clients/redis/stream_reply.h"

namespace collectors {

// How many entries groups have yet to read.
//
// A server counts all that were ever added, less what the group has read. If entries are
// removed before the group has read them, as by MAXLEN, they stay in that count for good:
// a group that has read all has a lag in Redis 7.0 to 8.0 and in Valkey (redis/redis#13957,
// valkey-io/valkey#641). The count is never too low. So it is taken if
// - it is 0;
// - nothing was ever removed;
// - consumers delete by XDEL what they have done, and all that is there waits or is pending;
// - all that the group had yet to read when its count was last right, and all that came since,
//   was read or is still there.
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
