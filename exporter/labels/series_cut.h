#pragma once

#include <string>
#include <vector>

#include "exporter/seam/family_set.h"

namespace exporter {

// A family that did not fit completely.
struct CutFamily {
  std::string name;
  std::size_t kept = 0;  // In lines.
  std::size_t had = 0;
};

// What max_series left out.
struct SeriesCut {
  std::vector<CutFamily> families;  // The family that lost most lines first; empty if all fit.
  std::size_t wanted = 0;           // Lines before the cut.
  std::size_t most = 0;             // Lines that max_series allows.

  bool empty() const { return families.empty(); }
};

// Cuts the largest families until `most` lines are left. A family that is no larger than the rest
// of each cut family stays whole, so a few vital series survive beside thousands of series of
// tables. Whole samples are cut, a histogram with all its lines. Samples with the first label
// values stay. So families of the same tables, keys or tasks keep the same ones, and so does the
// next reading.
SeriesCut CutToMost(std::vector<TimedFamily>& families, std::size_t most);

// "pg_locks 120 of 400, pg_stat_user_tables_n_live_tup 120 of 400 and 3 more".
std::string NamesOf(const SeriesCut& cut);
// A sentence with the remedy, and the names.
std::string Describe(const SeriesCut& cut);

}  // namespace exporter
