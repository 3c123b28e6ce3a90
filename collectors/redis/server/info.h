#pragma once

#include <functional>
#include <map>
#include <span>
#include <string_view>

#include "collectors/redis/server/info_fields.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// The text of INFO by field: https://redis.io/docs/latest/commands/info/
// Skips lines that are not fields. Of a repeated field the first one counts. The views point into
// the text, which must outlive them. Throws kLimit if the text is above 1 MiB.
using InfoText = std::map<std::string_view, std::string_view>;
InfoText ParseInfo(std::string_view text);

// Parses the value of a field with several parts, "keys=2,expires=1", by key.
InfoText InfoParts(std::string_view text);
// Calls `line` with the field and value of each line, repeated fields included. Throws as ParseInfo
// does.
void ForEachInfoLine(std::string_view text,
                     const std::function<void(std::string_view, std::string_view)>& line);
// Returns whether `field` is the prefix followed by a number: "db0", "slave12".
bool IsNumberedField(std::string_view field, std::string_view prefix);

// What to show of INFO besides the plain fields.
struct InfoChoice {
  bool commands = true;             // cmdstat_*: four series per command.
  bool latency_percentiles = true;  // latency_percentiles_usec_*: five series per command.
};

// Adds the families of INFO to `families`. A field that is missing, unknown or not a number is left
// out; the others are unaffected. `now` is in whole epoch seconds, by the clock that
// uptime_in_seconds uses. These functions are pure.
void AddInfo(const InfoText& info, double now, const InfoChoice& choice,
             exporter::FamilySet& families);
// Adds only the fields in `fields`.
void AddInfoFields(const InfoText& info, std::span<const InfoField> fields,
                   exporter::FamilySet& families);
// Adds one database's line of INFO: "db0" and "keys=2,expires=1,avg_ttl=0".
void AddDatabase(std::string_view name, std::string_view text, exporter::FamilySet& families);

}  // namespace collectors
