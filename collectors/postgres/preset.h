#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collectors/parts/query_part.h"
#include "collectors/parts/query_reader.h"

namespace collectors {

// Whether a part shows numbers of the whole server, or of the database that it is connected to.
enum class PartScope { kCluster, kDatabase };

// A named part of configs/presets/postgres.yaml. The head of that file explains its keys.
struct PresetPart {
  std::string name;
  bool by_default = true;
  PartScope scope = PartScope::kCluster;
  std::string cost;  // A sentence for the user.
  bool keeps_server_label = false;
  std::vector<SqlQuery> queries;
};

// Reads a preset. Its text is ours, so a mistake in it throws std::logic_error.
std::vector<PresetPart> ReadPreset(std::string_view text, const SqlDefaults& defaults);

// Removes the label `server` from the queries' metrics.
void DropServerLabel(std::vector<SqlQuery>& queries);

}  // namespace collectors
