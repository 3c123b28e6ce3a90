#pragma once

#include <cstddef>

#include "collectors/clients/sql/rows.h"
#include "exporter/seam/collector.h"

namespace collectors {

// What of kMaxAnswerBytes a row may be, as its server sends it; more is kLimit.
inline constexpr std::size_t kMaxRowBytes = std::size_t{4} << 20;
// What an answer may take as Rows, where a cell of a byte takes 40; more is kLimit.
inline constexpr std::size_t kMaxAnswerMemory = std::size_t{32} << 20;

// Measures an answer as it comes, each cell before it is copied.
class AnswerSize {
 public:
  void BeginRow();
  // Returns whether the answer is within its bounds with a cell of so many bytes.
  bool AddCell(std::size_t text_bytes);
  // Which bound it is beyond, and what to do.
  exporter::CollectError Excess() const;

 private:
  std::size_t row_ = 0;
  std::size_t sent_ = 0;
  std::size_t held_ = 0;
};

// For what is not taken to its end.
exporter::CollectError RowTooLarge();
exporter::CollectError AnswerTooLarge();

}  // namespace collectors
