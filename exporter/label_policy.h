#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/family_set.h"
#include "exporter/series_cut.h"

namespace exporter {

class RelabelRule;  // exporter/relabel.h

// Samples of one reading that were left out, by reason, in lines of the page.
struct Dropped {
  std::uint64_t duplicate = 0;
  std::uint64_t limit = 0;
  std::uint64_t invalid = 0;
};

// The same, and what it was.
struct LeftOut {
  Dropped dropped;
  SeriesCut cut;                // By max_series.
  std::string invalid_example;  // One of those dropped as invalid, and why.
};

// What happens to a collector's samples between the reading and the page. In
// this order, for each sample: constant labels (the sample's own win), prefix,
// relabelling, regrouping by the new name, validation of names and UTF-8,
// duplicates; and for all of them max_series (series_cut.h).
struct LabelPolicy {
  Labels labels;
  std::string prefix;
  // The collector's own rules, then the global ones. Shared, never changed.
  std::vector<std::shared_ptr<const RelabelRule>> rules;
  std::size_t max_series = 10000;

  struct Result {
    std::vector<TimedFamily> families;
    std::size_t series = 0;  // Lines of `families`.
    LeftOut left_out;
  };
  Result Apply(std::vector<TimedFamily> families) const;
};

// Whether a name begins as the exporter's own metrics do. Such samples of a
// collector are dropped as invalid.
bool IsReservedName(std::string_view name);

}  // namespace exporter
