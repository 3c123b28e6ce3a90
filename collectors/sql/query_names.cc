#include "collectors/sql/query_names.h"

#include <fmt/format.h>

namespace collectors {

std::string QueryNames::Free(std::string_view name, std::string_view otherwise) {
  std::string free(name);
  if (Take(free)) return free;
  free = otherwise;
  for (int number = 2; !Take(free); ++number) free = fmt::format("{} #{}", otherwise, number);
  return free;
}

}  // namespace collectors
