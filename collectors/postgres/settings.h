#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/sql/rows.h"
#include "collectors/clients/sql/sql_session.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// A setting of the server as a metric, under the name and in the unit of
// postgres_exporter: seconds and bytes. -1 stays -1: it means off, or default.
struct Setting {
  std::string metric;
  std::string help;
  double value = 0;
};

// What the server says of itself. Source: the view pg_settings and version().
struct ServerSettings {
  std::vector<Setting> settings;  // By metric, each once.
  std::string version;            // "PostgreSQL 15.18 on x86_64, ..."
  std::string short_version;      // "15.18.0"; empty where `version` has another form.
};

// Asks for the values that a new session of the role has: those of the exporter's
// own, as its statement_timeout, would be told for the server's.
SqlStatement SettingsStatement();

// Extensions and providers add settings of their own, so these are left out:
// those with a name that no metric may have, a unit that PostgreSQL does not
// know, a value that is no number, and the second one of a metric's name.
ServerSettings MapSettings(const Rows& rows);

// Writes pg_settings_* and pg_static, with the label `server` where one is given.
void WriteSettings(const ServerSettings& found, const std::optional<std::string>& server,
                   std::optional<exporter::SteadyTime> expires_at, exporter::FamilySet& families);

}  // namespace collectors
