#include "exporter/config/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>
#include <tuple>

#include "exporter/config/claims.h"
#include "exporter/config/common_keys.h"
#include "exporter/config/nearest.h"
#include "exporter/config/unusable_collector.h"
#include "exporter/config/yaml_document.h"

namespace exporter {
namespace {

constexpr std::size_t kMostProblems = 100;
constexpr std::size_t kLongestName = 64;
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
constexpr std::string_view kDigits = "0123456789";

// A name that needs no quotes in a label, a URL or a command line.
bool IsCollectorName(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  if (kLetters.find(name.front()) == std::string_view::npos) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c == '-' || kLetters.find(c) != std::string_view::npos ||
           kDigits.find(c) != std::string_view::npos;
  });
}

std::string ReadPrefix(YamlReader& global) {
  std::string prefix = global.String("prefix", "");
  const bool named = std::all_of(prefix.begin(), prefix.end(), [](char c) {
    return c == ':' || kLetters.find(c) != std::string_view::npos ||
           kDigits.find(c) != std::string_view::npos;
  });
  if (!named || prefix.starts_with("__") ||
      (!prefix.empty() && kDigits.find(prefix.front()) != std::string_view::npos)) {
    global.Problem("prefix",
                   "prefix must begin a metric name: letters, digits, _ and : only, no digit "
                   "first, no __ first");
  }
  for (const std::string_view reserved : {"exporter_", "process_"}) {
    if (!prefix.starts_with(reserved)) continue;
    global.Problem("prefix", fmt::format("prefix must not begin with {}, which is kept for the "
                                         "exporter's own metrics",
                                         reserved));
  }
  return prefix;
}

// A configuration while it is read.
class Builder {
 public:
  // The readers note their problems in `problems`.
  Builder(std::span<const CollectorType> types, YamlReader root, YamlReader global,
          std::vector<ConfigProblem>& problems, BadCollector bad_collector)
      : types_(types),
        problems_(problems),
        bad_collector_(bad_collector),
        root_(std::move(root)),
        global_reader_(std::move(global)) {}

  std::vector<Job> Build() {
    global_ = ReadCommonKeys(global_reader_);
    prefix_ = ReadPrefix(global_reader_);
    global_reader_.RejectUnknownKeys();
    ListCollectors();
    for (YamlReader& reader : readers_) jobs_.push_back(MakeJob(reader));
    root_.RejectUnknownKeys();
    // The claims of a collector with problems mean nothing.
    if (problems_.size() == repeated_names_) RejectClashes();
    return std::move(jobs_);
  }

 private:
  void ListCollectors() {
    const std::size_t before = problems_.size();
    readers_ = root_.List("collectors");
    if (readers_.empty() && problems_.size() == before) {
      root_.Problem("collectors", "at least one collector is needed under \"collectors\"");
    }
    if (readers_.size() > kMaxCollectors) {
      root_.Problem("collectors", fmt::format("more than {} collectors", kMaxCollectors));
      readers_.erase(readers_.begin() + kMaxCollectors, readers_.end());
    }
  }

  Job MakeJob(YamlReader& reader) {
    Job job;
    const CommonKeys own = ReadCommonKeys(reader);
    job.settings = SettleTimes(own, global_, reader, global_reader_);
    job.policy = SettlePolicy(own, global_, prefix_);
    job.settings.max_series = job.policy.max_series;
    const std::string type_name = reader.RequiredString("type");
    job.settings.name = ReadName(reader, type_name);
    job.type = FindType(reader, type_name);
    if (job.type != nullptr) job.collector = MakeCollector(reader, job);
    return job;
  }

  std::unique_ptr<Collector> MakeCollector(YamlReader& reader, const Job& job) {
    const std::size_t before = problems_.size();
    std::unique_ptr<Collector> collector = job.type->make(reader, job.settings);
    reader.RejectUnknownKeys();
    if (bad_collector_ == BadCollector::kIsDown && problems_.size() > before) {
      collector = std::make_unique<UnusableCollector>(problems_[before].message);
      problems_.resize(before);
    }
    if (!collector && problems_.empty()) {
      reader.Problem("type", "no collector can be made of these keys");
    }
    return collector;
  }

  const CollectorType* FindType(YamlReader& reader, const std::string& name) {
    if (name.empty()) return nullptr;  // Noted already.
    std::vector<std::string_view> names;
    for (const CollectorType& type : types_) {
      if (type.name == name) return &type;
      names.push_back(type.name);
    }
    std::sort(names.begin(), names.end());
    // What is not a word may be a URL with its password.
    const bool is_word = IsCollectorName(name);
    reader.Problem("type",
                   fmt::format("unknown type{}{} (types: {})", is_word ? " " + Quoted(name) : "",
                               is_word ? DidYouMean(name, names) : "", fmt::join(names, ", ")));
    return nullptr;
  }

  std::string ReadName(YamlReader& reader, const std::string& type_name) {
    std::string name = reader.String("name", type_name);
    if (name.empty() && !reader.Has("name")) return name;
    if (!IsCollectorName(name)) {
      if (reader.Has("name")) {
        reader.Problem("name", fmt::format("name must be letters, digits, _ and - only, a letter "
                                           "first, {} at most",
                                           kLongestName));
      }
    } else if (!names_.insert(name).second) {
      ++repeated_names_;
      reader.Problem(
          "name",
          fmt::format("another collector is called {0}; give this one a name of its own, as "
                      "name: {1}_2, and a label if both export the same, as labels: "
                      "{{target: {1}_2}}",
                      Quoted(name), name));
    }
    return name;
  }

  void RejectClashes() {
    for (const Clash& clash : FindClashes(jobs_)) {
      const std::string& name = jobs_[clash.second].settings.name;
      // The problem of its name covers this too.
      if (name == jobs_[clash.first].settings.name) continue;
      readers_[clash.second].Problem(
          "", fmt::format("collectors \"{}\" and \"{}\" would both export {}; give one of them a "
                          "label of its own, as labels: {{target: {}}}",
                          jobs_[clash.first].settings.name, name, clash.series, name));
    }
  }

  std::span<const CollectorType> types_;
  std::vector<ConfigProblem>& problems_;
  const BadCollector bad_collector_;
  YamlReader root_;
  YamlReader global_reader_;
  CommonKeys global_;
  std::string prefix_;
  std::set<std::string> names_;
  std::size_t repeated_names_ = 0;
  std::vector<YamlReader> readers_;  // In the order of the jobs.
  std::vector<Job> jobs_;
};

// The warnings from top to bottom of the file. Collectors that read one URL have one warning.
void ArrangeWarnings(std::string_view text, std::vector<ConfigProblem>& warnings) {
  std::set<std::string> seen;
  std::erase_if(warnings, [&](const auto& one) { return !seen.insert(one.message).second; });
  CountColumnsInCharacters(text, warnings);
}

// The problems from top to bottom of the file, each once.
void Arrange(std::string_view text, std::vector<ConfigProblem>& problems) {
  std::sort(problems.begin(), problems.end(), [](const auto& a, const auto& b) {
    return std::tie(a.line, a.column, a.message) < std::tie(b.line, b.column, b.message);
  });
  problems.erase(std::unique(problems.begin(), problems.end()), problems.end());
  if (problems.size() > kMostProblems) {
    const std::size_t more = problems.size() - kMostProblems;
    problems.resize(kMostProblems);
    problems.back() = {problems.back().line, problems.back().column,
                       fmt::format("{} more problems from here on", more + 1)};
  }
  CountColumnsInCharacters(text, problems);
}

}  // namespace

ConfigResult ParseConfig(std::string_view text, std::span<const CollectorType> types,
                         const Environment& environment, const std::string& folder,
                         BadCollector bad_collector) {
  ConfigResult result;
  if (const auto node = ParseYaml(text, result.problems)) {
    YamlReader root(*node, result.problems, environment, folder, &result.warnings);
    const YAML::Node no_global(YAML::NodeType::Map);
    YamlReader global =
        root.Child("global").value_or(YamlReader(no_global, result.problems, environment));
    result.jobs =
        Builder(types, std::move(root), std::move(global), result.problems, bad_collector).Build();
  }
  if (!result.problems.empty()) result.jobs.clear();
  Arrange(text, result.problems);
  ArrangeWarnings(text, result.warnings);
  return result;
}

ConfigResult LoadConfig(const std::string& path, std::span<const CollectorType> types,
                        const Environment& environment) {
  const auto unreadable = [](int error) {
    return ConfigResult{
        {}, {{0, 0, "cannot be read: " + std::generic_category().message(error)}}, {}};
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             &std::fclose);
  if (!file) return unreadable(errno);
  // One byte more than allowed: it tells a file that is too large from one that just fits.
  std::string text(kMaxYamlBytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return unreadable(errno);
  return ParseConfig(text, types, environment, std::filesystem::path(path).parent_path().string());
}

std::string FormatProblem(const std::string& file, const ConfigProblem& problem) {
  if (problem.line == 0) return fmt::format("{}: {}", file, problem.message);
  return fmt::format("{}:{}:{}: {}", file, problem.line, problem.column, problem.message);
}

}  // namespace exporter
