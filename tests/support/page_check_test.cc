#include "tests/support/page_check.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace testing {

TEST_CASE("the page of every type is valid") {
  std::ifstream golden("tests/golden/page.txt", std::ios::binary);
  REQUIRE(golden.good());
  CHECK(PageProblem(std::string(std::istreambuf_iterator<char>(golden), {})) == "");
  CHECK(PageProblem("") == "");
  CHECK(PageProblem("# TYPE a gauge\na 1\n# TYPE b gauge\n") == "");
  CHECK(PageProblem("# HELP a \\\\ \\n \"x\"\n# TYPE a gauge\na{b=\"\\\\\\n\\\" é\"} -1.5e-07\n") ==
        "");
  CHECK(PageProblem("# TYPE h histogram\nh_bucket{le=\"+Inf\"} 4\nh_sum NaN\nh_count 4\n") == "");
  CHECK(PageProblem("# TYPE s summary\ns{quantile=\"0.5\"} +Inf\ns_sum -Inf\ns_count 0\n") == "");
}

TEST_CASE("each thing that makes a page invalid is found") {
  struct Case {
    std::string page;
    std::string problem;
  };
  const std::string type = "# TYPE a gauge\n";
  const Case cases[] = {
      {type + "a 1", "no \"\n\" where it must stand"},
      {type + "\n", "no valid name"},
      {type + "1a 1\n", "no valid name"},
      {type + "a{1=\"x\"} 1\n", "no valid name"},
      {type + "a{b:c=\"x\"} 1\n", "no \"=\""},
      {type + "a{} 1\n", "no valid name"},
      {type + "a{b=\"x\",} 1\n", "no valid name"},
      {type + "a{b=x} 1\n", "no \"\"\""},
      {type + "a{b=\"x} 1\n", "without an end"},
      {type + "a{b=\"x\\", "no \"\n\""},
      {type + "a{b=\"x\\\n", "escapes nothing"},
      {type + "a{b=\"\\t\"} 1\n", "an escape"},
      {type + "a{b=\"x\"c=\"y\"} 1\n", "no \"}\""},
      {type + "a{b=\"x\",b=\"y\"} 1\n", "a label twice"},
      {type + "a{b=\"\xff\"} 1\n", "no UTF-8"},
      {type + "a{b=\"x\"}1\n", "no \" \""},
      {type + "a  1\n", "no number"},
      {type + "a \n", "no number"},
      {type + "a 1 1700000000000\n", "no number"},
      {type + "a nan\n", "no number"},
      {type + "a Inf\n", "no number"},
      {type + "a -infinity\n", "no number"},
      {type + "a 0x1\n", "no number"},
      {type + "a 1\na 2\n", "a series twice"},
      {type + "a{b=\"x\"} 1\na{b=\"x\",c=\"\"} 2\n", "a series twice"},
      {type + "b 1\n", "outside its family"},
      {type + "a_sum 1\n", "outside its family"},
      {"a 1\n", "outside its family"},
      {type + "a 1\n# TYPE b gauge\nb 1\na{c=\"x\"} 1\n", "outside its family"},
      {type + type, "there before"},
      {"# TYPE a number\n", "a type that"},
      {"# TYPE a\n", "no \" \""},
      {"# HELP a x\n", "without its TYPE"},
      {"# HELP a x\n" + type + "# HELP a x\na 1\n", "without its TYPE"},
      {"# HELP b x\n" + type, "without its TYPE"},
      {"# HELP a x\\\n" + type, "escapes nothing"},
      {"# HELP a \\\"\n" + type, "an escape"},
      {"# a comment\n", "# TYPE "},
  };
  for (const Case& c : cases) {
    CAPTURE(c.page);
    const std::string problem = PageProblem(c.page);
    CAPTURE(problem);
    CHECK(problem.find(c.problem) != std::string::npos);
  }
}

}  // namespace testing
