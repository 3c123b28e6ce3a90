#include "collectors/postgres/sessions_part.h"

namespace collectors {

void SessionsPart::Ask(const SqlRun& run) {
  const SqlStatement statement = SessionsStatement(run.session.ServerVersion(run.context));
  counts_ = MapSessions(run.session.Query(run.context, statement), limit_);
  for (const Unknown& unknown : counts_.unknown) Note(unknown.kind, unknown.why);
}

void SessionsPart::WriteAnswer(exporter::FamilySet& families,
                               std::optional<exporter::SteadyTime> expires_at) const {
  WriteSessions(counts_, expires_at, families);
}

}  // namespace collectors
