// Every file in tests/data/broken is refused with exactly the problems listed
// beside it, as NAME.expected. To write these again after a message was changed:
//   for f in tests/data/broken/*.yaml; do
//     build/dev/bin/exporter check --config $f 2>&1 | sed "s#^$f#FILE#" > ${f%.yaml}.expected
//   done

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "collectors/catalog.h"
#include "exporter/config/config.h"

namespace collectors {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = "tests/data/broken";

std::string TextOf(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> BrokenFiles() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_CASE("every broken configuration is refused with each of its problems at its place") {
  const auto files = BrokenFiles();
  CHECK(files.size() >= 40);
  for (const fs::path& path : files) {
    CAPTURE(path.string());
    const exporter::ConfigResult result = exporter::LoadConfig(
        path.string(), Catalog(),
        [](const std::string& /*name*/) { return std::optional<std::string>(); });
    std::string said;
    for (const auto& problem : result.problems) {
      said += exporter::FormatProblem("FILE", problem) + "\n";
    }
    CHECK(result.jobs.empty());
    CHECK(said == TextOf(fs::path(path).replace_extension(".expected")));
  }
}

}  // namespace collectors
