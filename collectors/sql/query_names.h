#pragma once

#include <set>
#include <string>
#include <string_view>

namespace collectors {

// The names that distinguish a collector's statements in exporter_query_*.
class QueryNames {
 public:
  // Returns false if another statement has the name.
  bool Take(const std::string& name) { return taken_.insert(name).second; }
  // Takes and returns `name`. If it is taken, uses `otherwise` instead, or `otherwise` with a
  // number.
  std::string Free(std::string_view name, std::string_view otherwise);

 private:
  std::set<std::string> taken_;
};

}  // namespace collectors
