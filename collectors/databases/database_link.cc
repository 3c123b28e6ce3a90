#include "collectors/databases/database_link.h"

#include <utility>

namespace collectors {

using exporter::CollectError;
using exporter::ErrorKind;
using std::chrono::steady_clock;

void DatabaseLink::Check() const {
  if (failure_) throw CollectError(*failure_);
}

SqlSession& DatabaseLink::Opened() {
  Check();
  if (other_ != nullptr && steady_clock::now() - opened_at_ <= longest_) return *other_;
  try {
    Open();
  } catch (const CollectError& error) {
    failure_ = error;
    throw;
  }
  return *other_;
}

void DatabaseLink::Open() {
  other_.reset();  // Close before opening: there is never more than one connection.
  auto opened = own_.OtherDatabase(database_.name);
  if (opened == nullptr) {
    throw CollectError(ErrorKind::kMissing, "there is no way to another database");
  }
  opened->ServerVersion(visit_);
  opened_at_ = steady_clock::now();
  CheckDatabase({*opened, visit_, opened_at_}, database_);
  other_ = std::move(opened);
}

}  // namespace collectors
