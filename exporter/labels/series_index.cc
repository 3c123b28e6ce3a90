#include "exporter/labels/series_index.h"

#include <functional>

namespace exporter {
namespace {

constexpr std::size_t kFewest = 16;

// The index of the first non-empty label at or after `at`.
std::size_t SkipEmpty(std::span<const LabelView> labels, std::size_t at) {
  while (at < labels.size() && labels[at].value.empty()) ++at;
  return at;
}

bool AreOne(std::span<const LabelView> a, std::span<const LabelView> b) {
  std::size_t i = SkipEmpty(a, 0);
  std::size_t k = SkipEmpty(b, 0);
  while (i < a.size() && k < b.size()) {
    if (a[i].name != b[k].name || a[i].value != b[k].value) return false;
    i = SkipEmpty(a, i + 1);
    k = SkipEmpty(b, k + 1);
  }
  return i == a.size() && k == b.size();
}

std::size_t HashOf(std::span<const LabelView> labels) {
  const std::hash<std::string_view> hash;
  std::size_t mixed = 0;
  for (const LabelView& label : labels) {
    if (label.value.empty()) continue;
    // An odd multiplier near 2^64 divided by the golden ratio spreads the bits.
    mixed = (mixed ^ hash(label.name)) * 0x9e3779b97f4a7c15ULL;
    mixed = (mixed ^ hash(label.value)) * 0x9e3779b97f4a7c15ULL;
  }
  return mixed ^ (mixed >> 32);
}

}  // namespace

bool SeriesIndex::IsAt(const Place& place, std::span<const LabelView> labels) {
  place.family->LabelsAt(place.index, known_);
  return AreOne(known_, labels);
}

bool SeriesIndex::Insert(std::span<const LabelView> labels, const Family& family,
                         std::size_t index) {
  if (places_.size() < 2 * (used_ + 1)) Grow();
  const auto hash = static_cast<std::uint32_t>(HashOf(labels));
  const std::size_t mask = places_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    Place& place = places_[at];
    if (place.family == nullptr) {
      place = {&family, static_cast<std::uint32_t>(index), hash};
      ++used_;
      return true;
    }
    if (place.hash == hash && IsAt(place, labels)) return false;
  }
}

void SeriesIndex::Grow() {
  std::vector<Place> before(places_.empty() ? kFewest : 2 * places_.size());
  before.swap(places_);
  const std::size_t mask = places_.size() - 1;
  for (const Place& place : before) {
    if (place.family == nullptr) continue;
    std::size_t at = place.hash & mask;
    while (places_[at].family != nullptr) at = (at + 1) & mask;
    places_[at] = place;
  }
}

}  // namespace exporter
