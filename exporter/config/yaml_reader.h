#pragma once

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/config/environment.h"
#include "exporter/seam/family_set.h"
#include "exporter/seam/secret.h"

namespace exporter {

// A mistake in the configuration. Line and column count from 1.
struct ConfigProblem {
  int line;
  int column;
  std::string message;  // What is wrong, and what would be right. Never holds a secret.

  bool operator==(const ConfigProblem&) const = default;
};

// The text in quotes for a message: shortened, with control characters replaced.
std::string Quoted(std::string_view text);

// One mapping of the configuration file, read key by key:
//
//   std::unique_ptr<Collector> MakeUptime(YamlReader& options, const JobSettings& settings) {
//     auto url = options.RequiredSource("url");             // url or url_file
//     const bool slow_log = options.Bool("slow_log", true);  // The fallback if the key is absent.
//     if (slow_log && !url.given()) options.Problem("slow_log", "slow_log needs a url");
//     ...
//
// Wrong values and unknown keys are noted in `problems`, never thrown, so that a user sees all
// mistakes of a file at once; the function then returns the fallback. ${NAME} and ${NAME:-default}
// are replaced from the environment in every value. Messages quote a value as it stands in the
// file, before replacement; they never quote a secret. An empty list or mapping (`labels:`) counts
// as absent; an empty text (`url:`) is a problem. One thread at a time.
class YamlReader {
 public:
  // `problems` must outlive the reader. A node that is not a mapping is noted. `folder` is that of
  // the configuration file; empty if there is none. `warnings`, if given, must outlive it too.
  YamlReader(const YAML::Node& node, std::vector<ConfigProblem>& problems,
             Environment environment = ProcessEnvironment, std::string folder = "",
             std::vector<ConfigProblem>* warnings = nullptr);

  bool Has(const std::string& key);
  // Relative paths in the configuration start here.
  const std::string& folder() const { return folder_; }

  std::string String(const std::string& key, std::string fallback);
  std::string RequiredString(const std::string& key);  // Empty is a problem too.
  bool Bool(const std::string& key, bool fallback);
  std::int64_t Integer(const std::string& key, std::int64_t fallback, std::int64_t least,
                       std::int64_t most);
  double Number(const std::string& key, double fallback);  // Finite.
  // A Prometheus duration above zero and up to a year: 500ms, 15s, 1m30s, 1h.
  std::chrono::milliseconds Duration(const std::string& key, std::chrono::milliseconds fallback);
  std::optional<std::chrono::milliseconds> Duration(const std::string& key);
  // One of `choices`; returns its index.
  std::size_t OneOf(const std::string& key, std::span<const std::string_view> choices,
                    std::size_t fallback);
  // A list of texts; a single text is a list of one.
  std::vector<std::string> Strings(const std::string& key);
  // A mapping of label names to values. Bad label names are noted.
  exporter::Labels LabelMap(const std::string& key);
  // The secret `key`, or the file that `key`_file names. Noted as problems: both keys, a control
  // character, a space in a URL. An empty text counts as not given. RequiredSource also notes it if
  // neither is given.
  SecretSource Source(const std::string& key);
  SecretSource RequiredSource(const std::string& key);

  // A nested mapping; absent if the key is.
  std::optional<YamlReader> Child(const std::string& key);
  // A list of mappings; empty if the key is absent.
  std::vector<YamlReader> List(const std::string& key);
  // As List; a text stands for a mapping with only that `name`.
  std::vector<YamlReader> NamedList(const std::string& key);
  // As List, but environment variables are not replaced.
  std::vector<YamlReader> VerbatimList(const std::string& key);
  // The raw node, without replacement. The key counts as read.
  YAML::Node Raw(const std::string& key);

  // Notes a problem at the value of `key` or `key`_file, or at the mapping if both are absent.
  // Follow-on errors are not reported: a value has one problem at most. If the value is ${NAME},
  // the message begins with NAME: that is where the mistake is.
  void Problem(const std::string& key, std::string message);
  // Notes something in the same place that is wrong but harmless. The message names the key.
  void Warn(const std::string& key, std::string_view message);
  // Notes each key that was not read, with the nearest known key as a hint. Call it once for each
  // reader, after all keys were read.
  void RejectUnknownKeys();
  // The number of problems of the whole file so far. Compare before and after reading something to
  // see whether it is good.
  std::size_t problem_count() const { return problems_->size(); }
  // The keys that were asked for so far. Tests compare the documentation with them.
  const std::set<std::string>& known() const { return known_; }

 private:
  struct Entry {
    YAML::Node key;
    YAML::Node value;
  };

  // Marks the key as known.
  std::optional<Entry> Find(const std::string& key);
  // The text of a value after replacement. Absent if the key is, or if the value is wrong, which is
  // then noted.
  std::optional<std::string> Scalar(const std::string& key);
  std::optional<std::string> ScalarOf(const std::string& key, const Entry& entry);
  // Notes "KEY must be EXPECTED, not VALUE".
  void Mismatch(const std::string& key, std::string_view expected);
  // Where a message about the key belongs.
  YAML::Node PlaceOf(const std::string& key) const;
  bool IsNoted(const YAML::Node& node) const;
  void NoteAt(const YAML::Node& node, std::string message);
  bool IsSafe(const std::string& key, const std::string& secret);
  bool IsMapping(const std::string& key, const YAML::Node& node);
  // The entries of a list. Anything else is noted, and has none.
  std::vector<YAML::Node> Items(const std::string& key);

  YAML::Node node_;
  std::set<std::string> known_;
  std::vector<ConfigProblem>* problems_;
  std::vector<ConfigProblem>* warnings_;  // Null: warnings are not wanted.
  Environment environment_;               // Empty if nothing is to be replaced.
  std::string folder_;
};

}  // namespace exporter
