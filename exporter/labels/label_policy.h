#pragma once

#include <memory>
#include <string>
#include <vector>

#include "exporter/labels/labelled.h"
#include "exporter/seam/family_set.h"

namespace exporter {

class RelabelRule;  // exporter/labels/relabel.h

// The steps between a collector's reading and the page. In this order, for each sample: constant
// labels (the sample's own win), prefix, relabelling, regrouping by the new name, validation of
// names and UTF-8, duplicates. Last, for all samples together: max_series (series_cut.h).
struct LabelPolicy {
  Labels labels;
  std::string prefix;
  // The collector's own rules, then the global ones. Shared and never changed.
  std::vector<std::shared_ptr<const RelabelRule>> rules;
  std::size_t max_series = 10000;

  Labelled Apply(std::vector<TimedFamily> families) const;
};

}  // namespace exporter
