#pragma once

#include <string>
#include <vector>

#include "exporter/seam/family_set.h"

namespace exporter {

// A family that did not fit whole.
struct CutFamily {
  std::string name;
  std::size_t kept = 0;  // Lines of samples.
  std::size_t had = 0;
};

// What max_series has left out.
struct SeriesCut {
  std::vector<CutFamily> families;  // By the number of lines lost; empty if all fit.
  std::size_t wanted = 0;           // Lines that there were.
  std::size_t most = 0;             // Lines that there may be.

  bool empty() const { return families.empty(); }
};

// Cuts the largest families until `most` lines are left. A family that is not larger than what
// each of the cut ones keeps stays whole: a few vital series survive beside thousands of a table
// each. What is cut goes by whole samples, a histogram with all its lines. The first by the values
// of their labels stay: families of the same tables, keys or tasks keep the same ones, and so does
// the next reading.
SeriesCut CutToMost(std::vector<TimedFamily>& families, std::size_t most);

// "pg_locks 120 of 400, pg_stat_user_tables_n_live_tup 120 of 400 and 3 more".
std::string NamesOf(const SeriesCut& cut);
// A sentence with the remedy, and the names.
std::string Describe(const SeriesCut& cut);

}  // namespace exporter
