#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "collectors/redis/key_pattern.h"
#include "collectors/redis/key_walk.h"
#include "collectors/redis/stream_reader.h"
#include "exporter/collector.h"

namespace collectors {

// The streams that one pattern finds: those of the last whole walk, and those
// that the walk under way has come by. At most `most`; of the others it knows
// how many there were.
class StreamSearch : public WalkListener {
 public:
  StreamSearch(int database, KeyPattern pattern, std::size_t most);

  int database() const override { return database_; }
  const std::string& glob() const override { return pattern_.glob(); }
  void WalkBegan() override;
  void KeysFound(const KeyBatch& batch) override;
  void WalkEnded() override;
  void WalkBrokenOff() override {}

  std::set<std::string> Keys() const;
  std::size_t cut() const { return cut_; }

 private:
  int database_;
  KeyPattern pattern_;
  std::size_t most_;
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

  // Makes the searches listen; this must outlive the walks.
  void ListenTo(KeyWalks& walks);
  // Throws where the store does.
  void Collect(const exporter::CollectContext& context, KeyStore& store,
               exporter::Reading& reading) const;
  std::vector<exporter::SeriesId> Claims() const;

 private:
  StreamRules rules_;
  std::vector<StreamTarget> named_;
  std::vector<std::unique_ptr<StreamSearch>> searches_;
};

}  // namespace collectors
