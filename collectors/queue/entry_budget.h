#pragma once

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "exporter/seam/deadline.h"

namespace collectors {

// Which queues' oldest entries are read. An entry is what users put there, and may be
// of 20 MB; a list tells no entry's size, and Redis does nothing else while it copies
// one. So sizes are learned: queues whose entry is not known are asked one by one at
// first, and then by more and more; known ones together, a MiB a pipeline; one above a
// MiB is left alone for ten minutes, twice as long each time, six hours at most. A
// collection ends with the pipeline that makes it four MiB. Those that it reads stay
// the same ones from collection to collection, so that no series comes and goes.
//
// Pure but for what it has learned. One thread.
class EntryBudget {
 public:
  // A queue: who asks, the prefix, the key.
  using Id = std::tuple<const void*, std::string, std::string>;

  static constexpr std::size_t kLargeEntry = std::size_t{1} << 20;
  static constexpr std::size_t kCollection = 4 * kLargeEntry;
  static constexpr std::size_t kTogether = 256;  // Questions in a pipeline.

  // A collection in which these queues have an entry; what is known of others goes,
  // unless they rest.
  void Begin(std::span<const Id> queues, exporter::SteadyTime now);
  // Those to ask in one pipeline, by their place among the queues; none: it is over.
  std::vector<std::size_t> Next();
  // How many bytes each of them was.
  void Took(std::span<const std::size_t> bytes);
  // The pipeline broke. Its queues are asked alone and last in the next collection, and
  // one that breaks it then is as if too large.
  void Broke();
  // Whether that queue is left out for its own size.
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
  std::vector<std::size_t> measured_, unmeasured_, suspects_;  // Those to come, last first.
  std::vector<std::size_t> asked_;
  std::size_t bytes_ = 0;
  bool learns_ = false;   // Those asked are not measured.
  std::size_t step_ = 1;  // How many of such.
};

}  // namespace collectors
