#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collectors/parts/query_part.h"
#include "collectors/parts/query_reader.h"

namespace collectors {

// Whose numbers a part shows: the server's, or those of the database that it is
// connected to.
enum class PartScope { kCluster, kDatabase };

// A named part of configs/presets/postgres.yaml, whose head explains its keys.
struct PresetPart {
  std::string name;
  bool by_default = true;
  PartScope scope = PartScope::kCluster;
  std::string cost;  // A sentence for people.
  bool keeps_server_label = false;
  std::vector<SqlQuery> queries;
};

// Reads a preset, whose text is ours: throws std::logic_error where it is wrong.
std::vector<PresetPart> ReadPreset(std::string_view text, const SqlDefaults& defaults);

// Takes the label `server` from the queries' metrics.
void DropServerLabel(std::vector<SqlQuery>& queries);

}  // namespace collectors
