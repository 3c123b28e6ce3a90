#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "exporter/labels/label_policy.h"
#include "exporter/seam/collector.h"

namespace exporter {

// Writes a collector's failures to the log once per change of state: when the
// run or a part of it starts to fail, when it fails for another reason, and
// when it works again. Used by the collector's own thread alone.
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
  // What is failing now and why, by part; "" is the run itself.
  std::map<std::string, std::set<ErrorKind>> failing_;
  bool is_cut_ = false;      // By the bound of its series.
  bool is_invalid_ = false;  // A sample of the last reading was.
};

}  // namespace exporter
