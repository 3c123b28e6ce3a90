#include "collectors/postgres/code_parts.h"

#include "collectors/postgres/process_idle_part.h"
#include "collectors/postgres/sessions_part.h"
#include "collectors/postgres/settings_part.h"
#include "collectors/postgres/statements_part.h"

namespace collectors {
namespace {

using exporter::YamlReader;

constexpr std::int64_t kMostSeries = 10'000;

std::unique_ptr<SqlPart> MakeSettings(YamlReader& /*options*/, const AnswerOptions& answer,
                                      bool server_label) {
  return std::make_unique<SettingsPart>(
      SettingsOptions{.answer = answer, .server_label = server_label});
}

std::unique_ptr<SqlPart> MakeProcessIdle(YamlReader& /*options*/, const AnswerOptions& answer,
                                         bool /*server_label*/) {
  return std::make_unique<ProcessIdlePart>(ProcessIdleOptions{.answer = answer});
}

std::unique_ptr<SqlPart> MakeSessions(YamlReader& options, const AnswerOptions& answer,
                                      bool /*server_label*/) {
  SessionsOptions sessions{.answer = answer};
  sessions.limit = static_cast<std::size_t>(
      options.Integer("sessions_limit", static_cast<std::int64_t>(sessions.limit), 1, kMostSeries));
  return std::make_unique<SessionsPart>(sessions);
}

std::unique_ptr<SqlPart> MakeStatements(YamlReader& options, const AnswerOptions& answer,
                                        bool /*server_label*/) {
  StatementsOptions statements{.answer = answer, .choice = {}};
  if (auto keys = options.Child("stat_statements")) {
    const auto limit = static_cast<std::int64_t>(statements.choice.limit);
    statements.choice.limit =
        static_cast<std::size_t>(keys->Integer("limit", limit, 1, kMostSeries));
    statements.choice.exclude_databases = keys->Strings("exclude_databases");
    statements.choice.exclude_users = keys->Strings("exclude_users");
    keys->RejectUnknownKeys();
  }
  return std::make_unique<StatementsPart>(statements);
}

constexpr CodePart kParts[] = {
    {"process_idle", false, MakeProcessIdle},
    {"sessions", true, MakeSessions},
    {"settings", true, MakeSettings},
    {"stat_statements", false, MakeStatements},
};

}  // namespace

std::span<const CodePart> CodeParts() { return kParts; }

}  // namespace collectors
