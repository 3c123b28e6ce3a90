#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "collectors/redis/keys/key_pattern.h"
#include "collectors/redis/keys/key_walk.h"
#include "collectors/redis/streams/stream_reader.h"
#include "exporter/seam/collector.h"

namespace collectors {

// The streams that match one pattern: those of the last whole walk, and those that the current walk
// has found so far. Keeps at most `most` and counts the others. Asks for the type of each matching
// key, once per walk. A key counts as a stream if the server does not report its type.
class StreamSearch : public WalkListener {
 public:
  StreamSearch(int database, KeyPattern pattern, std::size_t most);

  int database() const override { return database_; }
  const std::string& glob() const override { return pattern_.glob(); }
  void WalkBegan() override;
  void KeysFound(const KeyBatch& batch) override;
  void WalkEnded() override;
  void WalkBrokenOff() override {}

  // Sets where KeysFound asks for the keys' types, until the next call.
  void AskOf(const exporter::CollectContext* context, KeyStore* store);
  std::set<std::string> Keys() const;
  std::size_t cut() const { return cut_; }

 private:
  // Returns `keys` without those that are known to have another type.
  std::vector<std::string> StreamsAmong(std::vector<std::string> keys, std::size_t shard) const;

  int database_;
  KeyPattern pattern_;
  std::size_t most_;
  const exporter::CollectContext* context_ = nullptr;
  KeyStore* store_ = nullptr;
  std::set<std::string> known_;
  std::set<std::string> fresh_;  // From the current walk.
  std::size_t cut_ = 0;
  std::size_t fresh_cut_ = 0;
};

// The streams of a collector: those named in its options and those found by patterns. Not
// thread-safe.
class StreamPart {
 public:
  explicit StreamPart(StreamRules rules) : rules_(rules) {}

  void Add(StreamTarget stream) { named_.push_back(std::move(stream)); }
  void Search(int database, KeyPattern pattern, std::size_t most);
  bool empty() const { return named_.empty() && searches_.empty(); }

  // Call before each step of the walks: `store` is asked for the keys' types in that step.
  void BeginStep(const exporter::CollectContext& context, KeyStore& store);
  // Adds the searches as listeners. `walks` must not be stepped once this object is gone.
  void ListenTo(KeyWalks& walks);
  // Throws as the store does.
  void Collect(const exporter::CollectContext& context, KeyStore& store,
               exporter::Reading& reading);
  std::vector<exporter::SeriesId> Claims() const;

 private:
  StreamRules rules_;
  StreamLags lags_;
  std::vector<StreamTarget> named_;
  std::vector<std::unique_ptr<StreamSearch>> searches_;
};

}  // namespace collectors
