#include "collectors/postgres/process_idle_part.h"

#include <utility>

#include "collectors/postgres/hidden_sessions.h"

namespace collectors {

void ProcessIdlePart::Ask(const SqlRun& run) {
  IdleGroups found = MapIdle(run.session.Query(run.context, IdleStatement()), limit_);
  groups_ = std::move(found.groups);
  if (found.blind_role.empty()) return;
  Note(exporter::ErrorKind::kPermission, HiddenAdvice(found.blind_role, "the state of sessions"));
}

void ProcessIdlePart::WriteAnswer(exporter::FamilySet& families,
                                  std::optional<exporter::SteadyTime> expires_at) const {
  WriteIdle(groups_, expires_at, families);
}

std::vector<exporter::SeriesId> ProcessIdlePart::Claims() const {
  return {{"pg_process_idle_seconds", {{"application_name", "*"}, {"state", "*"}}}};
}

}  // namespace collectors
