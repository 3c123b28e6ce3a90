#include "collectors/postgres/statements_part.h"

#include <utility>

#include "collectors/postgres/hidden_sessions.h"

namespace collectors {

using exporter::CollectError;
using exporter::ErrorKind;

StatementsPart::StatementsPart(StatementsOptions options)
    : AnswerPart("stat_statements", options.answer),
      choice_(std::move(options.choice)),
      top_(choice_.limit) {}

void StatementsPart::Ask(const SqlRun& run) {
  auto extension = std::exchange(extension_, std::nullopt);
  if (!extension) extension = FindExtension(run);
  const KnownStatements known =
      MapKnown(run.session.Query(run.context, KnownStatement(*extension, choice_, top_.members())));
  extension_ = std::move(extension);
  shown_ = top_.Update(known.uses);
  if (known.blind_role.empty()) return;
  Note(ErrorKind::kPermission, HiddenAdvice(known.blind_role, "the statements"));
}

StatementsExtension StatementsPart::FindExtension(const SqlRun& run) {
  auto extension = MapExtension(run.session.Query(run.context, ExtensionStatement()));
  if (extension) return std::move(*extension);
  throw CollectError(ErrorKind::kMissing,
                     "pg_stat_statements is not in this database: set shared_preload_libraries = "
                     "'pg_stat_statements', restart the server, and CREATE EXTENSION "
                     "pg_stat_statements");
}

void StatementsPart::WriteAnswer(exporter::FamilySet& families,
                                 std::optional<exporter::SteadyTime> expires_at) const {
  WriteStatements(shown_, expires_at, families);
}

std::vector<exporter::SeriesId> StatementsPart::Claims() const {
  std::vector<exporter::SeriesId> claims;
  for (const std::string& name : StatementFamilies()) {
    claims.push_back({name, {{"user", "*"}, {"datname", "*"}, {"queryid", "*"}}});
  }
  return claims;
}

}  // namespace collectors
