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

// The streams that one pattern finds: those of the last whole walk, and those
// that the walk under way has come by. At most `most`; of the others it knows
// how many there were. Keys that match are asked for their type, once a walk; if the
// server does not tell it, they are taken for streams.
class StreamSearch : public WalkListener {
 public:
  StreamSearch(int database, KeyPattern pattern, std::size_t most);

  int database() const override { return database_; }
  const std::string& glob() const override { return pattern_.glob(); }
  void WalkBegan() override;
  void KeysFound(const KeyBatch& batch) override;
  void WalkEnded() override;
  void WalkBrokenOff() override {}

  // Where to ask for the types of the keys found until the next call.
  void AskOf(const exporter::CollectContext* context, KeyStore* store);
  std::set<std::string> Keys() const;
  std::size_t cut() const { return cut_; }

 private:
  // Without those that are known for no streams.
  std::vector<std::string> StreamsAmong(std::vector<std::string> keys, std::size_t shard) const;

  int database_;
  KeyPattern pattern_;
  std::size_t most_;
  const exporter::CollectContext* context_ = nullptr;
  KeyStore* store_ = nullptr;
  std::set<std::string> known_;
  std::set<std::string> fresh_;  // Of the walk under way.
  std::size_t cut_ = 0;
  std::size_t fresh_cut_ = 0;
};

// The streams of a collector: those that it names and those that it searches.
// One thread.
class StreamPart {
 public:
  explicit StreamPart(StreamRules rules) : rules_(rules) {}

  void Add(StreamTarget stream) { named_.push_back(std::move(stream)); }
  void Search(int database, KeyPattern pattern, std::size_t most);
  bool empty() const { return named_.empty() && searches_.empty(); }

  // Before each step of the walks: whom to ask for the types of their keys in it.
  void BeginStep(const exporter::CollectContext& context, KeyStore& store);
  // Makes the searches listen; this must outlive the walks.
  void ListenTo(KeyWalks& walks);
  // Throws where the store does.
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
