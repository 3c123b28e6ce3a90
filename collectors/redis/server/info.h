#pragma once

#include <functional>
#include <map>
#include <span>
#include <string_view>

#include "collectors/redis/server/info_fields.h"
#include "exporter/seam/family_set.h"

namespace collectors {

// The text that INFO answers with, by field: https://redis.io/docs/latest/commands/info/
// Lines that are no field are passed over; of a field given twice the first
// counts. The views point into the text, which must outlive them. Throws kLimit for
// a text above 1 MiB.
using InfoText = std::map<std::string_view, std::string_view>;
InfoText ParseInfo(std::string_view text);

// "keys=2,expires=1" by key: what a field with several values holds.
InfoText InfoParts(std::string_view text);
// Calls back with field and value of each line, also of those given twice. Throws
// as ParseInfo does.
void ForEachInfoLine(std::string_view text,
                     const std::function<void(std::string_view, std::string_view)>& line);
// Whether a field is the prefix and a number: "db0", "slave12".
bool IsNumberedField(std::string_view field, std::string_view prefix);

// What of INFO is shown besides the plain fields.
struct InfoChoice {
  bool commands = true;             // cmdstat_*: four series a command.
  bool latency_percentiles = true;  // latency_percentiles_usec_*: five series a command.
};

// Writes what INFO says to `families`; a field that is missing, unknown or no
// number costs only itself. `now` is in whole epoch seconds, by the clock that
// uptime_in_seconds runs by. All of it is pure.
void AddInfo(const InfoText& info, double now, const InfoChoice& choice,
             exporter::FamilySet& families);
// Only the fields of that table.
void AddInfoFields(const InfoText& info, std::span<const InfoField> fields,
                   exporter::FamilySet& families);
// What INFO says of one database: "db0" and "keys=2,expires=1,avg_ttl=0".
void AddDatabase(std::string_view name, std::string_view text, exporter::FamilySet& families);

}  // namespace collectors
