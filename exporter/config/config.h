#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/config/environment.h"
#include "exporter/config/job.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/collector.h"

namespace exporter {

// Each collector has a thread of its own.
inline constexpr std::size_t kMaxCollectors = 256;

// What a configuration says: a good one, or all that is wrong with it. A wrong
// configuration is no exception: whoever asked prints the problems and decides.
struct ConfigResult {
  std::vector<Job> jobs;                // In the order of the file; none when there are problems.
  std::vector<ConfigProblem> problems;  // By line and column, each once, 100 at most.
};

// Reads and checks a whole configuration and makes its collectors, which
// connect to nothing yet. `types` must outlive the jobs. `folder` is the file's.
ConfigResult ParseConfig(std::string_view text, std::span<const CollectorType> types,
                         const Environment& environment, const std::string& folder = "");

// The same from a file. One that cannot be read is a problem without a line.
ConfigResult LoadConfig(const std::string& path, std::span<const CollectorType> types,
                        const Environment& environment = ProcessEnvironment);

// `FILE:LINE:COLUMN: message`; `FILE: message` where the problem has no line.
std::string FormatProblem(const std::string& file, const ConfigProblem& problem);

}  // namespace exporter
