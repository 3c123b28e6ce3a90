#pragma once

#include <cstddef>

#include "collectors/clients/sql/answer_size.h"

namespace collectors {

// While it lives, counts the bytes that libmariadb reads on this thread, and shuts the socket down
// after more than an answer may hold: kMaxAnswerBytes in total, and kMaxRowBytes for a row and for
// the descriptions of all columns, of which the library keeps several copies. A library call
// returns only when it must wait, and with a fast server it never must: so nothing outside the call
// can bound it. Bytes that are already in the kernel are still read.
class MysqlReadBudget {
 public:
  explicit MysqlReadBudget(int fd);
  ~MysqlReadBudget();
  MysqlReadBudget(const MysqlReadBudget&) = delete;
  MysqlReadBudget& operator=(const MysqlReadBudget&) = delete;

  void Count(std::size_t bytes);
  // Called when the columns are known, and then after each row.
  void BeginRow();
  bool spent() const { return is_too_long() || read_ > kMaxAnswerBytes; }
  // Returns the error for the exceeded bound, with advice.
  exporter::CollectError Excess() const;

 private:
  // One read may also hold the beginning of the next row.
  bool is_too_long() const { return row_ > kMaxRowBytes + (std::size_t{64} << 10); }

  int fd_;
  bool has_columns_ = false;
  std::size_t row_ = 0;   // Bytes of the present row, or of the columns.
  std::size_t read_ = 0;  // Bytes of the answer.
};

}  // namespace collectors
