#include "collectors/postgres/settings_part.h"

namespace collectors {

void SettingsPart::Ask(const SqlRun& run) {
  found_ = MapSettings(run.session.Query(run.context, SettingsStatement()));
  if (server_label_) server_ = run.session.ServerName();
}

void SettingsPart::WriteAnswer(exporter::FamilySet& families,
                               std::optional<exporter::SteadyTime> expires_at) const {
  WriteSettings(found_, server_, expires_at, families);
}

std::vector<exporter::SeriesId> SettingsPart::Claims() const {
  exporter::Labels labels;
  if (server_label_) labels.emplace_back("server", "*");
  std::vector<exporter::SeriesId> claims = {{"pg_settings_max_connections", labels}};
  labels.emplace_back("short_version", "*");
  labels.emplace_back("version", "*");
  claims.push_back({"pg_static", labels});
  return claims;
}

}  // namespace collectors
