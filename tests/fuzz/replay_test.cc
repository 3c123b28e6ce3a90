// Compiled once for each fuzz target. Every build runs the target's seeds, so that a bug found by a
// fuzzer stays fixed even without clang.

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

// The target's function, renamed by CMake.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

TEST_CASE("every seed of the fuzz target " FUZZ_TARGET " is taken") {
  std::istringstream folders(FUZZ_SEEDS);
  for (std::string folder; folders >> folder;) {
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      CAPTURE(entry.path().string());
      std::ifstream file(entry.path(), std::ios::binary);
      REQUIRE(file.good());
      const std::string bytes(std::istreambuf_iterator<char>(file), {});
      CHECK(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                   bytes.size()) == 0);
      ++files;
    }
    CHECK_MESSAGE(files > 0, folder);
  }
}
