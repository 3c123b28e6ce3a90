#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/redis/keys/key_groups.h"
#include "collectors/redis/keys/key_walk.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/deadline.h"

namespace collectors {

struct KeyGroupRules {
  std::vector<int> databases{0};
  std::size_t max_groups = 100;
  bool memory = true;  // Ask each key's size too: MEMORY USAGE, once a walk.
};

// The groups of one database's keys: those of the last whole walk.
class KeyGroupSearch : public WalkListener {
 public:
  KeyGroupSearch(int database, const KeyGrouping& grouping, const KeyGroupRules& rules);

  int database() const override { return database_; }
  const std::string& glob() const override { return glob_; }
  void WalkBegan() override;
  void KeysFound(const KeyBatch& batch) override;
  void WalkEnded() override;
  void WalkBrokenOff() override {}

  // Where to ask for the sizes of the keys found until the next call.
  void AskOf(const exporter::CollectContext* context, KeyStore* store);
  void Write(exporter::Reading& reading) const;
  // How long the last whole walk waited for the sizes.
  std::chrono::duration<double> duration() const { return duration_; }

 private:
  // The sizes of the batch's keys; empty where they are not asked, or refused.
  std::vector<std::uint64_t> SizesOf(const KeyBatch& batch);

  int database_;
  const std::string glob_ = "*";
  const KeyGrouping& grouping_;
  const KeyGroupRules& rules_;
  const exporter::CollectContext* context_ = nullptr;
  KeyStore* store_ = nullptr;
  KeyGroupTally fresh_;  // Of the walk under way.
  std::unique_ptr<KeyGroupTally> known_;
  bool is_refused_ = false;  // In the walk under way.
  std::optional<exporter::CollectError> problem_;
  std::chrono::duration<double> asking_{};    // Of the walk under way.
  std::chrono::duration<double> duration_{};  // Of the last whole walk.
};

// The key groups of a collector. One thread.
class KeyGroupPart {
 public:
  KeyGroupPart(KeyGrouping grouping, KeyGroupRules rules);

  // Makes the searches listen; this must outlive the walks.
  void ListenTo(KeyWalks& walks);
  // Before each step of the walks: whom to ask for their keys' sizes in it.
  void BeginStep(const exporter::CollectContext& context, KeyStore& store);
  void Write(exporter::Reading& reading) const;

 private:
  KeyGrouping grouping_;
  KeyGroupRules rules_;
  std::vector<std::unique_ptr<KeyGroupSearch>> searches_;
};

}  // namespace collectors
