#include "collectors/clients/mysql/mysql_read_budget.h"

#include <mysql.h>
#include <sys/socket.h>

// libmariadb.so.3 exports this function for plugins, but its headers lack it. `size` is the result
// of recv() or SSL_read().
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int ma_pvio_register_callback(my_bool adds, void (*callback)(int mode, MYSQL* connection,
                                                                        const unsigned char* bytes,
                                                                        std::size_t size));

namespace collectors {
namespace {

thread_local MysqlReadBudget* current = nullptr;

void OnTransfer(int mode, MYSQL*, const unsigned char*, std::size_t size) {
  constexpr int kRead = 0;
  const bool failed = static_cast<std::ptrdiff_t>(size) <= 0;
  if (mode == kRead && !failed && current != nullptr) current->Count(size);
}

}  // namespace

MysqlReadBudget::MysqlReadBudget(int fd) : fd_(fd) {
  static const int registered = ::ma_pvio_register_callback(1, &OnTransfer);
  static_cast<void>(registered);
  current = this;
}

MysqlReadBudget::~MysqlReadBudget() { current = nullptr; }

void MysqlReadBudget::Count(std::size_t bytes) {
  row_ += bytes;
  read_ += bytes;
  if (spent()) ::shutdown(fd_, SHUT_RDWR);
}

void MysqlReadBudget::BeginRow() {
  has_columns_ = true;
  row_ = 0;
}

exporter::CollectError MysqlReadBudget::Excess() const {
  if (!is_too_long()) return AnswerTooLarge();
  if (has_columns_) return RowTooLarge();
  return {exporter::ErrorKind::kLimit,
          "the descriptions of the columns are larger than 4 MiB: ask for fewer columns"};
}

}  // namespace collectors
