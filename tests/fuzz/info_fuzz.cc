// Any text of INFO becomes a valid page without an infinite value.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "collectors/redis/server/info.h"
#include "exporter/labels/label_policy.h"
#include "tests/fuzz/require.h"
#include "tests/support/page_check.h"
#include "tests/support/taken.h"

namespace {

constexpr double kNow = 1'700'000'000;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  exporter::FamilySet families;
  collectors::AddInfo(collectors::ParseInfo(text), kNow, {}, families);
  exporter::LabelPolicy policy;
  policy.labels = {{"job_name", "cache"}};
  auto result = policy.Apply(std::move(families).Take());
  const std::string page = exporter::testing::PageOf(std::move(result.families));
  const std::string problem = testing::PageProblem(page);
  fuzz::Require(problem.empty(), problem);
  for (const char* const value : {" NaN\n", " +Inf\n", " -Inf\n"}) {
    fuzz::Require(page.find(value) == std::string::npos, "a value that no server can mean");
  }
  return 0;
}
