#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collectors/clients/sql/rows.h"
#include "collectors/clients/sql/sql_session.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// A setting of the server as a metric, with postgres_exporter's name and unit: seconds and bytes.
// -1 is not converted, because it means "off" or "default".
struct Setting {
  std::string metric;
  std::string help;
  double value = 0;
};

// What the server reports about itself, in the view pg_settings and in version().
struct ServerSettings {
  std::vector<Setting> settings;  // Sorted by metric, each once.
  std::string version;            // "PostgreSQL 15.18 on x86_64, ..."
  std::string short_version;      // "15.18.0"; empty if `version` has another format.
};

// Asks for the server's values. Settings of the exporter's own session, such as its
// statement_timeout, would otherwise be shown as the server's.
SqlStatement SettingsStatement();

// Extensions and cloud providers add settings. Left out are settings with a name that a metric
// cannot have, a unit that PostgreSQL does not have, or a value that is not a number, and the
// second setting with the same metric name.
ServerSettings MapSettings(const Rows& rows);

// Writes pg_settings_* and pg_static, with the label `server` if it is given.
void WriteSettings(const ServerSettings& found, const std::optional<std::string>& server,
                   std::optional<exporter::SteadyTime> expires_at, exporter::FamilySet& families);

}  // namespace collectors
