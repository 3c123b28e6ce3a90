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

// The jobs of a configuration, or everything that is wrong with it.
struct ConfigResult {
  std::vector<Job> jobs;                // In the order of the file; empty if there are problems.
  std::vector<ConfigProblem> problems;  // By line and column, each once, 100 at most.
  // What is wrong but harmless, in the same order; each text once.
  std::vector<ConfigProblem> warnings;
};

// What becomes of a collector whose own keys hold a mistake, such as a URL that cannot be used.
enum class BadCollector {
  kIsAnError,
  kIsDown,  // It runs, and each run fails with the mistake; the others are as they would be.
};

// Reads and checks a whole configuration and makes its collectors, without connecting. `types` must
// outlive the jobs. `folder` is the folder of the file.
ConfigResult ParseConfig(std::string_view text, std::span<const CollectorType> types,
                         const Environment& environment, const std::string& folder = "",
                         BadCollector bad_collector = BadCollector::kIsAnError);

// The same from a file. A file that cannot be read is a problem without a line.
ConfigResult LoadConfig(const std::string& path, std::span<const CollectorType> types,
                        const Environment& environment = ProcessEnvironment);

// `FILE:LINE:COLUMN: message`, or `FILE: message` if the problem has no line.
std::string FormatProblem(const std::string& file, const ConfigProblem& problem);

}  // namespace exporter
