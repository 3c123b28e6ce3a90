#include "collectors/redis/keys/key_series.h"

#include <fmt/format.h>

namespace collectors {
namespace {

using exporter::ErrorKind;
using exporter::FamilySet;
using exporter::Labels;

constexpr KeyFacts kZeros = {KeyState::kGone, 0, 0, 0};

std::optional<double> ValueOf(const KeyFacts& facts, KeyValue value) {
  switch (value) {
    case KeyValue::kLength:
      return facts.size;
    case KeyValue::kMemory:
      return facts.memory;
    default:
      return facts.number;
  }
}

}  // namespace

KeySeries::KeySeries(KeyEntry entry, std::size_t max_keys)
    : entry_(std::move(entry)), max_keys_(max_keys) {
  if (!entry_.pattern) {
    known_.emplace(entry_.key, Known{KeyProbe(entry_, entry_.key), {}, {}, true});
  }
}

void KeySeries::WalkBegan() {
  cut_now_ = 0;
  for (auto& [key, known] : known_) known.is_seen = false;
}

void KeySeries::KeysFound(const KeyBatch& batch) {
  for (const std::string& key : batch.keys) Find(key);
}

void KeySeries::Find(const std::string& key) {
  const auto found = known_.find(key);
  if (found != known_.end()) {
    found->second.is_seen = true;
    return;
  }
  auto values = entry_.pattern->Match(key);
  if (!values) return;
  if (key.size() > kLongestKey || !HasRoom()) {
    ++cut_now_;
    return;
  }
  known_.emplace(key, Known{KeyProbe(entry_, key), *std::move(values), {}, true});
}

bool KeySeries::HasRoom() {
  while (known_.size() >= max_keys_ && !gone_.empty()) {
    const auto oldest = known_.find(gone_.back());
    gone_.pop_back();
    if (oldest == known_.end() || oldest->second.is_seen) continue;
    if (oldest->second.probe.facts().state == KeyState::kGone) known_.erase(oldest);
  }
  return known_.size() < max_keys_;
}

void KeySeries::WalkEnded() {
  cut_ = cut_now_;
  cut_now_ = 0;
  matches_ = cut_;
  gone_.clear();
  for (auto entry = known_.begin(); entry != known_.end();) {
    Known& known = entry->second;
    const bool is_gone = !known.is_seen && known.probe.facts().state == KeyState::kGone;
    if (is_gone && entry_.on_missing == OnMissing::kDrop) {
      entry = known_.erase(entry);
      continue;
    }
    if (is_gone) gone_.push_back(entry->first);
    if (known.is_seen) ++*matches_;
    // A key that the walk did not see, too: it may be gone, and its trouble with it.
    if (known.probe.is_odd()) known.probe.Distrust();
    ++entry;
  }
}

std::vector<KeyProbe*> KeySeries::Begin() {
  troubles_.clear();
  std::vector<KeyProbe*> probes;
  probes.reserve(known_.size());
  for (auto& [key, known] : known_) {
    known.probe.Begin(troubles_);
    probes.push_back(&known.probe);
  }
  return probes;
}

void KeySeries::Distrust() {
  for (auto& [key, known] : known_) known.probe.Distrust();
}

// Returns the facts to show for a key in this collection. They are empty if it has no value.
KeyFacts KeySeries::Shown(const Known& known) const {
  const KeyFacts& facts = known.probe.facts();
  if (facts.state != KeyState::kGone) return facts;
  switch (entry_.on_missing) {
    case OnMissing::kZero:
      return kZeros;
    case OnMissing::kKeep:
      return known.last;
    case OnMissing::kDrop:
      break;
  }
  return {KeyState::kGone, {}, {}, {}};
}

Labels KeySeries::LabelsOf(const std::vector<std::string>& values) const {
  Labels labels = entry_.labels;
  for (std::size_t i = 0; i < values.size(); ++i) {
    labels.emplace_back(entry_.pattern->names()[i], values[i]);
  }
  return labels;
}

void KeySeries::Write(ShownKeys& shown, exporter::Reading& reading) {
  for (auto& [key, known] : known_) {
    if (known.probe.facts().state == KeyState::kThere) known.last = known.probe.facts();
  }
  reading.cut_series += cut();
  if (IsSum() && cut() > 0) {
    troubles_.emplace(ErrorKind::kLimit,
                      "more keys than max_series, and a sum without all of them would be wrong");
  } else if (!entry_.metric.empty()) {
    WriteMetric(reading.families);
  }
  if (entry_.metric.empty()) {
    for (const auto& [key, known] : known_) WriteAll(known, shown, reading.families);
  }
  for (const auto& [kind, words] : troubles_) {
    reading.problems.emplace_back(kind, words, entry_.name());
  }
}

void KeySeries::WriteMetric(FamilySet& families) const {
  FamilySet::Family& family = families.Open(entry_.type, entry_.metric, entry_.help);
  if (IsSum()) {
    // Before the first walk has ended, a sum would lack keys.
    if (matches_) WriteSums(family);
    return;
  }
  for (const auto& [key, known] : known_) {
    const std::optional<double> value = ValueOf(Shown(known), entry_.value);
    if (value) family.Add(LabelsOf(known.values), *value * entry_.factor);
  }
}

// Leaves out a sum if one of its keys has no value: it would be wrong.
void KeySeries::WriteSums(FamilySet::Family& family) const {
  std::map<std::vector<std::string>, std::optional<double>> sums;
  for (const auto& [key, known] : known_) {
    const KeyFacts facts = Shown(known);
    const std::optional<double> value = ValueOf(facts, entry_.value);
    if (facts.state == KeyState::kUnknown || facts.state == KeyState::kUnfit) {
      sums[known.values] = std::nullopt;
    } else if (value) {
      std::optional<double>& sum = sums.try_emplace(known.values, 0).first->second;
      if (sum) *sum += *value;
    }
  }
  for (const auto& [values, sum] : sums) {
    if (sum) family.Add(LabelsOf(values), *sum * entry_.factor);
  }
}

void KeySeries::WriteAll(const Known& known, ShownKeys& shown, FamilySet& families) const {
  const Labels labels = {{"db", DatabaseLabel(entry_.database)}, {"key", known.probe.key()}};
  const KeyState state = known.probe.facts().state;
  if (!entry_.pattern && state != KeyState::kUnknown) {
    families.Gauge("redis_key_exists", "Whether the key is there (1) or not (0).")
        .Add(labels, state == KeyState::kGone ? 0 : 1);
  }
  KeyFacts facts = Shown(known);
  const bool stands_for_gone = state == KeyState::kGone && entry_.on_missing == OnMissing::kZero;
  if (stands_for_gone) facts.number = facts.memory = std::nullopt;
  if (!facts.size && !facts.memory) return;
  if (!shown.emplace(entry_.database, known.probe.key()).second) return;
  const auto add = [&](const char* name, const char* help, const std::optional<double>& value) {
    if (value) families.Gauge(name, help).Add(labels, *value);
  };
  add("redis_key_size", "How many entries the key has; bytes, where it is a string.", facts.size);
  add("redis_key_value", "The number that the key's string is.", facts.number);
  add("redis_key_memory_usage_bytes", "Bytes of memory that the key takes.", facts.memory);
}

}  // namespace collectors
