#include "collectors/clients/sql/answer_size.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

using Cell = std::optional<std::string>;

constexpr std::size_t kLengthBytes = 4;  // The length that is sent before each cell.
constexpr std::size_t kHeapBytes = 16;   // malloc's overhead for a text outside its cell.

std::size_t MemoryOf(std::size_t text_bytes) {
  const bool is_in_cell = text_bytes <= std::string().capacity();
  return sizeof(Cell) + (is_in_cell ? 0 : text_bytes + kHeapBytes);
}

}  // namespace

void AnswerSize::BeginRow() {
  row_ = 0;
  held_ += sizeof(std::vector<Cell>) + kHeapBytes;
}

bool AnswerSize::AddCell(std::size_t text_bytes) {
  row_ += kLengthBytes + text_bytes;
  sent_ += kLengthBytes + text_bytes;
  held_ += MemoryOf(text_bytes);
  return row_ <= kMaxRowBytes && sent_ <= kMaxAnswerBytes && held_ <= kMaxAnswerMemory;
}

CollectError AnswerSize::Excess() const {
  if (row_ > kMaxRowBytes) return RowTooLarge();
  if (sent_ > kMaxAnswerBytes) return AnswerTooLarge();
  return {ErrorKind::kLimit,
          "the answer would take more than 32 MiB of memory: ask for fewer rows or columns"};
}

CollectError AnswerTooLarge() {
  return {ErrorKind::kLimit,
          "the answer is larger than 16 MiB: ask for fewer rows, or for less of long texts"};
}

CollectError RowTooLarge() {
  return {ErrorKind::kLimit,
          "a row of the answer is larger than 4 MiB: ask for the part that is needed, as "
          "left(column, 100)"};
}

}  // namespace collectors
