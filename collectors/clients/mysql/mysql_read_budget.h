#pragma once

#include <cstddef>

#include "collectors/clients/sql/answer_size.h"

namespace collectors {

// While it lives, what libmariadb reads on this thread is counted, and a socket
// that has brought more than an answer may hold is shut down: kMaxAnswerBytes in
// all, kMaxRowBytes for a row and for the descriptions of all columns, which the
// library keeps several times over. A call of the library may read for as long as
// the server sends: it comes back when it must wait, and with a quick server it
// never must. What has come into the kernel by then it reads still.
class MysqlReadBudget {
 public:
  explicit MysqlReadBudget(int fd);
  ~MysqlReadBudget();
  MysqlReadBudget(const MysqlReadBudget&) = delete;
  MysqlReadBudget& operator=(const MysqlReadBudget&) = delete;

  void Count(std::size_t bytes);
  // The columns are known, and so is all that came before this row.
  void BeginRow();
  bool spent() const { return is_too_long() || read_ > kMaxAnswerBytes; }
  // What is too large, and what to do.
  exporter::CollectError Excess() const;

 private:
  // What is read at once may hold the beginning of the next row.
  bool is_too_long() const { return row_ > kMaxRowBytes + (std::size_t{64} << 10); }

  int fd_;
  bool has_columns_ = false;
  std::size_t row_ = 0;   // Bytes since the last row, or of the columns.
  std::size_t read_ = 0;  // Bytes in all.
};

}  // namespace collectors
