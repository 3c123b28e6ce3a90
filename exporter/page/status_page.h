#pragma once

#include <string>
#include <vector>

#include "exporter/page/snapshot_store.h"

namespace exporter {

// Each collector with its state, last errors and series: as a page for people, and as JSON.
// `now_unix` is the time in seconds, for ages.
std::string RenderStatusHtml(const std::vector<CollectorHealth>& collectors, double now_unix,
                             const std::string& version, const std::string& telemetry_path);
std::string RenderStatusJson(const std::vector<CollectorHealth>& collectors,
                             const std::string& version);

}  // namespace exporter
