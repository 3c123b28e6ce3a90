#include "collectors/postgres/privilege_part.h"

#include <fmt/format.h>

#include <string>

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

constexpr const char* kPartName = "privileges";

}  // namespace

PartResult PrivilegePart::Refresh(const SqlRun& run) {
  problem_.reset();
  try {
    const Rows rows = run.session.Query(
        run.context, {.text = "SELECT current_user, pg_has_role('pg_read_all_stats', 'USAGE')"});
    if (rows.cells.empty() || rows.cells[0].size() < 2) return PartResult::kFailed;
    const auto& cells = rows.cells[0];
    if (cells[1] == "t") return PartResult::kDone;
    const std::string role = cells[0].value_or("");
    problem_ = CollectError(
        ErrorKind::kPermission,
        fmt::format("role {} does not see the sessions of other roles, nor the size of databases "
                    "it may not connect to: GRANT pg_monitor TO {}",
                    role, role),
        kPartName);
    return PartResult::kDone;
  } catch (const CollectError& error) {
    // Only the advice is lost.
    if (EndsRun(error.kind())) throw;
    problem_ = error.Of(kPartName);
    return ResultOf(error);
  }
}

void PrivilegePart::Skip() { problem_ = NoTimeLeft(kPartName); }

std::vector<CollectError> PrivilegePart::Problems() const {
  if (!problem_) return {};
  return {*problem_};
}

}  // namespace collectors
