#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "collectors/celery/brokers/broker.h"
#include "collectors/celery/brokers/redis_depth.h"
#include "collectors/clients/redis/redis_session.h"
#include "exporter/seam/collector.h"

namespace collectors {

// Leaves out an expensive request for some readings after its answer was too large.
class RedisRest {
 public:
  // Counts a reading. Returns whether to leave the request out of this one too.
  bool Rests();
  void Begin();

 private:
  int left_ = 0;
};

// Whether the failure may come from too large an answer; a broken connection does not.
bool MayBeTooLarge(const exporter::CollectError& error);

// Reads the message that is taken next from each list. Redis does not report a message's size
// before it sends the message, and one of 20 MB holds up all clients for 20 ms. So the mean size in
// a new list is asked for first (MEMORY USAGE, of five of its nodes). Heads are read a few at a
// time, twice as many after each answer. A list with too large a head is left out for some
// readings. One thread at a time.
class RedisHeads {
 public:
  // Never throws: why a head is not known is in the reading's problems.
  void Add(const exporter::CollectContext& context, RedisSession& session,
           const std::vector<WaitingList>& lists, BrokerReading& reading);

 private:
  // Puts the lists that it read into light_.
  void Read(const exporter::CollectContext& context, RedisSession& session,
            const std::vector<WaitingList>& lists, BrokerReading& reading);
  // Returns the lists that are not known to be too large.
  std::vector<WaitingList> Light(const exporter::CollectContext& context, RedisSession& session,
                                 const std::vector<WaitingList>& lists,
                                 const std::set<std::string>& light_before);
  // Sorts lists that were not read the last time into light and heavy ones. If the server does not
  // report the size, the list is light.
  void Weigh(const exporter::CollectContext& context, RedisSession& session,
             std::span<const WaitingList> lists, std::vector<WaitingList>& light);
  // Reads heads until they have kMaxHeads bytes together.
  void Ask(const exporter::CollectContext& context, RedisSession& session,
           std::span<const WaitingList> lists, BrokerReading& reading);

  std::map<std::string, RedisRest> heavy_;  // By list; bounded by the lists that hold messages.
  std::set<std::string> light_;             // Lists with a head in the last reading.
  std::size_t at_once_ = 1;
  RedisRest rest_;
  std::optional<exporter::CollectError> failure_;  // The reason for the rest.
};

}  // namespace collectors
