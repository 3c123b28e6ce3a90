#pragma once

#include <cstddef>

namespace collectors {

// While it lives, what libmariadb reads on this thread is counted, and a socket
// that has brought more than kMaxAnswerBytes is shut down. A call of the library
// may read for as long as the server sends: it comes back when it must wait, and
// with a quick server it never must.
class MysqlReadBudget {
 public:
  explicit MysqlReadBudget(int fd);
  ~MysqlReadBudget();
  MysqlReadBudget(const MysqlReadBudget&) = delete;
  MysqlReadBudget& operator=(const MysqlReadBudget&) = delete;

  void Count(std::size_t bytes);
  bool spent() const;

 private:
  int fd_;
  std::size_t read_ = 0;
};

}  // namespace collectors
