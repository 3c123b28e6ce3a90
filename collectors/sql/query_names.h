#pragma once

#include <set>
#include <string>
#include <string_view>

namespace collectors {

// The names by which exporter_query_* tells the statements of a collector apart.
class QueryNames {
 public:
  // False if another statement has the name.
  bool Take(const std::string& name) { return taken_.insert(name).second; }
  // The name, or where that is taken `otherwise`, or that with a number: it is taken then.
  std::string Free(std::string_view name, std::string_view otherwise);

 private:
  std::set<std::string> taken_;
};

}  // namespace collectors
