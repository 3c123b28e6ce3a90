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

// Something dear that is left alone for some readings after it was too large.
class RedisRest {
 public:
  // Counts a reading; whether it is to be left alone in this one too.
  bool Rests();
  void Begin();

 private:
  int left_ = 0;
};

// A connection that breaks is no sign of too large an answer.
bool MayBeTooLarge(const exporter::CollectError& error);

// The message that is taken next from each list. Redis tells no size of one before
// it is handed out, and one of 20 MB holds up everybody for 20 ms: so the mean size
// of a list that is new is asked first (MEMORY USAGE, of five of its nodes), heads
// are asked a few at a time, twice as many after each light answer, and a list whose
// head was too large is left alone for some readings. One thread at a time.
class RedisHeads {
 public:
  // Never throws: why a head is not known is in the reading's problems.
  void Add(const exporter::CollectContext& context, RedisSession& session,
           const std::vector<WaitingList>& lists, BrokerReading& reading);

 private:
  // Leaves in light_ the lists that it read.
  void Read(const exporter::CollectContext& context, RedisSession& session,
            const std::vector<WaitingList>& lists, BrokerReading& reading);
  // Those that are not known to be too large.
  std::vector<WaitingList> Light(const exporter::CollectContext& context, RedisSession& session,
                                 const std::vector<WaitingList>& lists,
                                 const std::set<std::string>& light_before);
  // Of lists that were not read the last time; a server that does not tell is no hindrance.
  void Weigh(const exporter::CollectContext& context, RedisSession& session,
             std::span<const WaitingList> lists, std::vector<WaitingList>& light);
  // Asks until there is enough.
  void Ask(const exporter::CollectContext& context, RedisSession& session,
           std::span<const WaitingList> lists, BrokerReading& reading);

  std::map<std::string, RedisRest> heavy_;  // By list; bounded by the lists that are full.
  std::set<std::string> light_;             // Lists whose heads the last reading has.
  std::size_t at_once_ = 1;
  RedisRest rest_;
  std::optional<exporter::CollectError> failure_;  // That the rest is for.
};

}  // namespace collectors
