#pragma once

#include <chrono>
#include <map>
#include <string_view>

#include "exporter/family_set.h"

namespace collectors {

// The text that INFO answers with, by field: https://redis.io/docs/latest/commands/info/
// Lines that are no field are passed over; of a field given twice the first
// counts. The views point into the text, which must outlive them.
using InfoText = std::map<std::string_view, std::string_view>;
InfoText ParseInfo(std::string_view text);

// Writes all that INFO says to `families`; a field that is missing, unknown or
// no number costs only itself. `now` stands in where the server does not tell
// its own clock. db0 to db(databases - 1) are there even where they hold
// nothing. Pure.
void AddInfo(const InfoText& info, std::chrono::system_clock::time_point now, int databases,
             exporter::FamilySet& families);

}  // namespace collectors
