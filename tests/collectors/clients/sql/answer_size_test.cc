#include "collectors/clients/sql/answer_size.h"

#include <doctest/doctest.h>

#include <string>

namespace collectors {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

// Returns the text that refuses an answer of so many equal rows; "" if it is accepted.
std::string Refusal(std::size_t rows, std::size_t columns, std::size_t text_bytes) {
  AnswerSize size;
  for (std::size_t row = 0; row < rows; ++row) {
    size.BeginRow();
    for (std::size_t column = 0; column < columns; ++column) {
      if (!size.AddCell(text_bytes)) return size.Excess().what();
    }
  }
  return "";
}

}  // namespace

TEST_CASE("an answer is taken up to each bound, and refused beyond it with what to do") {
  const std::string row = "a row of the answer is larger than 4 MiB: ask for";
  const std::string sent = "the answer is larger than 16 MiB: ask for";
  const std::string held = "the answer would take more than 32 MiB of memory: ask for";
  const struct {
    const char* name;
    std::size_t rows;
    std::size_t columns;
    std::size_t text_bytes;
    std::string refusal;
  } cases[] = {
      {"nothing", 0, 0, 0, ""},
      {"a cell of nearly 4 MiB", 1, 1, 4 * kMebibyte - 4, ""},
      {"a cell above 4 MiB", 1, 1, 4 * kMebibyte - 3, row},
      {"a row of many cells", 1, 1000, 5000, row},
      {"rows of nearly 16 MiB", 4, 1, 4 * kMebibyte - 4, ""},
      {"rows above 16 MiB", 5, 1, 4 * kMebibyte - 4, sent},
      {"many numbers", 10'000, 50, 8, ""},
      {"too many numbers", 10'000, 100, 8, held},
      {"too many NULLs", 1'000'000, 1, 0, held},
  };
  for (const auto& one : cases) {
    CAPTURE(one.name);
    const std::string refusal = Refusal(one.rows, one.columns, one.text_bytes);
    CHECK(refusal.substr(0, one.refusal.size()) == one.refusal);
    CHECK(refusal.empty() == one.refusal.empty());
  }
}

TEST_CASE("an answer that is refused has the kind limit") {
  AnswerSize size;
  size.BeginRow();
  CHECK_FALSE(size.AddCell(kMaxAnswerMemory));
  CHECK(Name(size.Excess().kind()) == "limit");
  CHECK(Name(RowTooLarge().kind()) == "limit");
  CHECK(Name(AnswerTooLarge().kind()) == "limit");
}

}  // namespace collectors
