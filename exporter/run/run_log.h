#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "exporter/labels/label_policy.h"
#include "exporter/seam/collector.h"

namespace exporter {

// Logs a collector's failures once for each change of state: if the run or a part of it starts to
// fail, fails for another reason, or works again. Only the collector's own thread uses it.
class RunLog {
 public:
  RunLog(std::string collector, std::string type);

  void Failed(const CollectError& error);
  void Succeeded(const std::vector<CollectError>& problems);
  // What the label policy left out of the last reading.
  void Shown(const LeftOut& left_out);

 private:
  void ShownCut(const LeftOut& left_out);
  void ShownInvalid(const LeftOut& left_out);

  std::string collector_;
  std::string type_;
  // The failing parts and their reasons; "" is the run itself.
  std::map<std::string, std::set<ErrorKind>> failing_;
  bool is_cut_ = false;      // max_series cut the last reading.
  bool is_invalid_ = false;  // The last reading had an invalid sample.
};

}  // namespace exporter
