#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "collectors/clients/redis/stream_reply.h"

namespace collectors {

// The number of entries that a consumer group has yet to read.
//
// The server computes its lag as all entries ever added, less those the group has read. Entries
// that are removed before the group reads them, as by MAXLEN, stay in that lag for good: in Redis
// 7.0 to 8.0 and in Valkey, a group that has read everything still has a lag (redis/redis#13957,
// valkey-io/valkey#641). The server's lag is never too low. It is accepted if
// - it is 0;
// - nothing was ever removed;
// - consumers delete finished entries by XDEL, and every entry in the stream is unread or pending;
// - every entry that was unread when the lag was last right, and every entry added since, was read
//   or is still in the stream.
//
// The result depends only on the arguments and on earlier calls. Not thread-safe.
class StreamLags {
 public:
  using Group = std::tuple<int, std::string, std::string>;  // Database, stream, group name.

  // Begins a collection. Forgets groups that were not asked for in the last hundred collections.
  void BeginRun();
  // Returns the lag, or nothing if it is unknown.
  std::optional<double> Of(const Group& group, const StreamPlace& place);

 private:
  struct Counted {
    double read = 0;  // What the group had read when the server's lag was last right.
    std::size_t run = 0;
  };

  static bool IsRight(const StreamPlace& place, const std::optional<Counted>& counted);

  std::map<Group, Counted> counted_;
  std::size_t run_ = 0;
};

}  // namespace collectors
