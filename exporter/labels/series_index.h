#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "exporter/seam/family.h"

namespace exporter {

// Which series there are of one name, possibly in several families. Labels must
// be sorted by their names; an empty one is not a label to Prometheus. Takes at most 64
// bytes a series while it lives.
class SeriesIndex {
 public:
  // Whether there is no sample of these labels yet. If so, they will be those of
  // `family`'s sample `index`, which the caller adds at once; the family must stay where it is.
  bool Insert(std::span<const LabelView> labels, const Family& family, std::size_t index);

 private:
  struct Place {
    const Family* family = nullptr;
    std::uint32_t index = 0;
    std::uint32_t hash = 0;
  };

  bool IsAt(const Place& place, std::span<const LabelView> labels);
  void Grow();

  std::vector<Place> places_;  // Open addressing; a power of two.
  std::size_t used_ = 0;
  std::vector<LabelView> known_;
};

}  // namespace exporter
