#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "exporter/labels/series_cut.h"
#include "exporter/seam/family_set.h"

namespace exporter {

// The samples of one reading that were left out, by reason, in lines of the page.
struct Dropped {
  std::uint64_t duplicate = 0;
  std::uint64_t limit = 0;
  std::uint64_t invalid = 0;
};

// The same, with examples.
struct LeftOut {
  Dropped dropped;
  SeriesCut cut;                // Left out by max_series.
  std::string invalid_example;  // One of the invalid samples, and the reason.
};

// A reading after the label policy, and what the policy left out of it.
struct Labelled {
  std::vector<TimedFamily> families;
  std::size_t series = 0;  // Lines of `families`.
  LeftOut left_out;
};

}  // namespace exporter
