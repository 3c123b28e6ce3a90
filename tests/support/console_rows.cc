#include "tests/support/console_rows.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <vector>

namespace collectors {
namespace {

std::vector<std::optional<std::string>> CellsOf(const std::string& line) {
  std::vector<std::optional<std::string>> cells;
  for (std::size_t start = 0; start <= line.size();) {
    const std::size_t end = std::min(line.find('\t', start), line.size());
    const std::string cell = line.substr(start, end - start);
    cells.push_back(cell == "\\N" ? std::nullopt : std::optional(cell));
    start = end + 1;
  }
  return cells;
}

}  // namespace

Rows ConsoleRows(const std::string& version, std::string what) {
  std::ranges::transform(what, what.begin(), [](unsigned char c) { return std::tolower(c); });
  const std::string path = "tests/data/pgbouncer/" + version + "/" + what + ".tsv";
  std::ifstream file(path);
  REQUIRE_MESSAGE(file.good(), path);
  Rows rows;
  std::string line;
  std::getline(file, line);
  for (const auto& name : CellsOf(line)) rows.columns.push_back(*name);
  while (std::getline(file, line)) rows.cells.push_back(CellsOf(line));
  return rows;
}

}  // namespace collectors
