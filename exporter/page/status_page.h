#pragma once

#include <string>
#include <vector>

#include "exporter/page/snapshot_store.h"

namespace exporter {

// Every collector, its state, its last errors and its series: as a page for
// people, and the same as JSON. `now_unix` is for ages, in seconds.
std::string RenderStatusHtml(const std::vector<CollectorHealth>& collectors, double now_unix,
                             const std::string& version, const std::string& telemetry_path);
std::string RenderStatusJson(const std::vector<CollectorHealth>& collectors,
                             const std::string& version);

}  // namespace exporter
