#include "collectors/redis/keys/key_count.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace collectors {

using exporter::Labels;

namespace {

// Returns the text to remember a key by. It is bounded, so a long key takes no more memory.
std::string NameOf(const std::string& key) {
  if (key.size() <= kLongestKey) return key;
  const std::size_t middle = key.size() / 2;
  const std::string_view all = key;
  return fmt::format("{}:{}:{}:{}", key.size(), std::hash<std::string_view>()(all),
                     std::hash<std::string_view>()(all.substr(middle)),
                     all.substr(0, kLongestKey / 2));
}

}  // namespace

KeyCount::KeyCount(KeyEntry entry, std::size_t max_series)
    : entry_(std::move(entry)), max_series_(max_series) {}

void KeyCount::WalkBegan() {
  counting_.clear();
  named_.clear();
  matching_ = cutting_ = 0;
}

void KeyCount::KeysFound(const KeyBatch& batch) {
  for (const std::string& key : batch.keys) Count(key);
}

void KeyCount::Count(const std::string& key) {
  if (named_.contains(NameOf(key))) return;
  auto values = entry_.pattern->Match(key);
  if (!values) return;
  if (named_.size() < max_series_) named_.insert(NameOf(key));
  ++matching_;
  // A value that long is content, not a name, and does not become a label. A key of any length
  // counts.
  if (std::ranges::any_of(*values, [](const auto& value) { return value.size() > kLongestKey; })) {
    ++cutting_;
    return;
  }
  const auto known = counting_.find(*values);
  if (known != counting_.end()) {
    ++known->second;
  } else if (counting_.size() < max_series_) {
    counting_.emplace(*std::move(values), 1);
  } else {
    ++cutting_;
  }
}

void KeyCount::WalkEnded() {
  for (const auto& [values, last] : counts_) {
    if (entry_.on_missing == OnMissing::kDrop || counting_.size() >= max_series_) break;
    counting_.try_emplace(values, entry_.on_missing == OnMissing::kKeep ? last : 0);
  }
  // A pattern without names has one series, even if no key matches.
  if (entry_.pattern->names().empty() && entry_.on_missing == OnMissing::kZero) {
    counting_.try_emplace({}, 0);
  }
  counts_ = std::exchange(counting_, {});
  matches_ = matching_;
  cut_ = cutting_;
  named_.clear();
}

void KeyCount::Write(exporter::Reading& reading) const {
  if (!matches_) return;
  reading.cut_series += cut_;
  if (entry_.metric.empty()) {
    auto& family = reading.families.Gauge("redis_keys_count", "How many keys match the pattern.");
    const Labels labels = {{"db", DatabaseLabel(entry_.database)}, {"key", entry_.text()}};
    for (const auto& [values, count] : counts_) family.Add(labels, static_cast<double>(count));
    return;
  }
  auto& family = reading.families.Open(entry_.type, entry_.metric, entry_.help);
  for (const auto& [values, count] : counts_) {
    Labels labels = entry_.labels;
    for (std::size_t i = 0; i < values.size(); ++i) {
      labels.emplace_back(entry_.pattern->names()[i], values[i]);
    }
    family.Add(labels, static_cast<double>(count) * entry_.factor);
  }
}

}  // namespace collectors
