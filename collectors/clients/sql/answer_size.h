#pragma once

#include <cstddef>

#include "collectors/clients/sql/rows.h"
#include "exporter/seam/collector.h"

namespace collectors {

// The most bytes in one row, as the server sends it; beyond it kLimit.
inline constexpr std::size_t kMaxRowBytes = std::size_t{4} << 20;
// The most memory for an answer as Rows, in bytes; beyond it kLimit. A cell with one byte takes 40.
inline constexpr std::size_t kMaxAnswerMemory = std::size_t{32} << 20;

// Measures an answer while it arrives, each cell before it is copied.
class AnswerSize {
 public:
  void BeginRow();
  // Returns true if the answer stays within its bounds with another cell of `text_bytes`.
  bool AddCell(std::size_t text_bytes);
  // Returns the error for the exceeded bound, with advice.
  exporter::CollectError Excess() const;

 private:
  std::size_t row_ = 0;
  std::size_t sent_ = 0;
  std::size_t held_ = 0;
};

// For an answer that is not read to its end.
exporter::CollectError RowTooLarge();
exporter::CollectError AnswerTooLarge();

}  // namespace collectors
