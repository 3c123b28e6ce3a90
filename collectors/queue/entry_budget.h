#pragma once

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "exporter/seam/deadline.h"

namespace collectors {

// Chooses the queues whose oldest entries are read. Users decide what is in an entry, and it may be
// 20 MB. A list does not report the size of an entry, and Redis does nothing else while it copies
// one. So sizes are learned: queues with an entry of unknown size are asked one by one at first,
// then more and more at a time. Known ones are asked together, one MiB a pipeline. An entry above
// one MiB is left alone for ten minutes, then for twice as long each time, at most six hours. A
// collection ends with the pipeline that brings it to four MiB. The queues that are read stay the
// same from collection to collection, so that series do not come and go.
//
// Pure apart from what it has learned. One thread.
class EntryBudget {
 public:
  // A queue: its question, the prefix, the key.
  using Id = std::tuple<const void*, std::string, std::string>;

  static constexpr std::size_t kLargeEntry = std::size_t{1} << 20;
  static constexpr std::size_t kCollection = 4 * kLargeEntry;
  static constexpr std::size_t kTogether = 256;  // Questions in a pipeline.

  // Begins a collection in which these queues have an entry. Forgets other queues, unless they
  // rest.
  void Begin(std::span<const Id> queues, exporter::SteadyTime now);
  // Returns the queues to ask in one pipeline, by their index; empty if the collection is over.
  std::vector<std::size_t> Next();
  // The size of each of their entries.
  void Took(std::span<const std::size_t> bytes);
  // The pipeline broke. In the next collection its queues are asked alone and last; one that breaks
  // it again rests as if its entry were too large.
  void Broke();
  // Whether that queue is left out because of its size.
  bool Rests(std::size_t place) const;

 private:
  struct Known {
    std::size_t bytes = 0;
    bool is_suspect = false;
    bool is_measured = false;
    std::chrono::seconds rest{0};  // The last one.
    exporter::SteadyTime until = {};
  };

  void Rest(Known& known) const;
  std::vector<std::size_t> Measured();

  std::map<Id, Known> known_;
  // Of this collection.
  exporter::SteadyTime now_;
  std::vector<Known*> queues_;
  std::vector<std::size_t> measured_, unmeasured_, suspects_;  // Still to come, last first.
  std::vector<std::size_t> asked_;
  std::size_t bytes_ = 0;
  bool learns_ = false;   // Those asked have unknown sizes.
  std::size_t step_ = 1;  // How many of those to ask at a time.
};

}  // namespace collectors
