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
  bool memory = true;  // Also ask for each key's size: MEMORY USAGE, once per walk.
};

// Groups the keys of one database. Shows the groups of the last whole walk.
class KeyGroupSearch : public WalkListener {
 public:
  KeyGroupSearch(int database, const KeyGrouping& grouping, const KeyGroupRules& rules);

  int database() const override { return database_; }
  const std::string& glob() const override { return glob_; }
  void WalkBegan() override;
  void KeysFound(const KeyBatch& batch) override;
  void WalkEnded() override;
  void WalkBrokenOff() override {}

  // Sets where KeysFound asks for the keys' sizes, until the next call.
  void AskOf(const exporter::CollectContext* context, KeyStore* store);
  void Write(exporter::Reading& reading) const;
  // How long the last whole walk waited for the sizes.
  std::chrono::duration<double> duration() const { return duration_; }

 private:
  // The sizes of the batch's keys. Empty if sizes are not wanted or the server refused them.
  std::vector<std::uint64_t> SizesOf(const KeyBatch& batch);

  int database_;
  const std::string glob_ = "*";
  const KeyGrouping& grouping_;
  const KeyGroupRules& rules_;
  const exporter::CollectContext* context_ = nullptr;
  KeyStore* store_ = nullptr;
  KeyGroupTally fresh_;  // From the current walk.
  std::unique_ptr<KeyGroupTally> known_;
  bool is_refused_ = false;  // In the current walk.
  std::optional<exporter::CollectError> problem_;
  std::chrono::duration<double> asking_{};    // In the current walk.
  std::chrono::duration<double> duration_{};  // In the last whole walk.
};

// The key groups of a collector. Not thread-safe.
class KeyGroupPart {
 public:
  KeyGroupPart(KeyGrouping grouping, KeyGroupRules rules);

  // Adds the searches as listeners. `walks` must not be stepped once this object is gone.
  void ListenTo(KeyWalks& walks);
  // Call before each step of the walks: `store` is asked for the keys' sizes in that step.
  void BeginStep(const exporter::CollectContext& context, KeyStore& store);
  void Write(exporter::Reading& reading) const;

 private:
  KeyGrouping grouping_;
  KeyGroupRules rules_;
  std::vector<std::unique_ptr<KeyGroupSearch>> searches_;
};

}  // namespace collectors
