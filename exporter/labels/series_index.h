#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "exporter/seam/family.h"

namespace exporter {

// The series of one name, possibly in several families. Labels must be sorted by name. A label with
// an empty value counts as absent, as in Prometheus. Takes up to 64 bytes a series while it lives.
class SeriesIndex {
 public:
  // Returns whether there is no sample with these labels yet. If so, they become those of sample
  // `index` of `family`, which the caller adds at once. The family must not move.
  bool Insert(std::span<const LabelView> labels, const Family& family, std::size_t index);

 private:
  struct Place {
    const Family* family = nullptr;
    std::uint32_t index = 0;
    std::uint32_t hash = 0;
  };

  bool IsAt(const Place& place, std::span<const LabelView> labels);
  void Grow();

  std::vector<Place> places_;  // Open addressing; the size is a power of two.
  std::size_t used_ = 0;
  std::vector<LabelView> known_;
};

}  // namespace exporter
