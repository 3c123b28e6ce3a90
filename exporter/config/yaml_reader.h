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

// Something wrong with the configuration. Line and column count from 1.
struct ConfigProblem {
  int line;
  int column;
  std::string message;  // What is wrong, and what would be right. Holds no secret.

  bool operator==(const ConfigProblem&) const = default;
};

// Text as it may stand in a message: in quotes, cut to a length a person reads,
// control characters replaced.
std::string Quoted(std::string_view text);

// One mapping of the configuration file, read key by key. Wrong values and
// unknown keys are noted in `problems`, never thrown, so that a user sees all
// mistakes of a file at once; the reading function then returns the fallback.
// ${NAME} and ${NAME:-default} are replaced from the environment in every
// value. A value's text is quoted in a message as it stands in the file,
// before replacement; a secret's is not quoted.
// A list or mapping with nothing in it (`labels:`) counts as absent; a text
// without a value (`url:`) is a problem. One thread at a time.
class YamlReader {
 public:
  // `problems` must outlive the reader. A node that is no mapping is noted.
  // `folder` is that of the configuration file; empty where there is none.
  YamlReader(const YAML::Node& node, std::vector<ConfigProblem>& problems,
             Environment environment = ProcessEnvironment, std::string folder = "");

  bool Has(const std::string& key);
  // What a relative path in the configuration may be relative to.
  const std::string& folder() const { return folder_; }

  std::string String(const std::string& key, std::string fallback);
  std::string RequiredString(const std::string& key);  // Empty is a problem too.
  bool Bool(const std::string& key, bool fallback);
  std::int64_t Integer(const std::string& key, std::int64_t fallback, std::int64_t least,
                       std::int64_t most);
  double Number(const std::string& key, double fallback);  // Finite.
  // A Prometheus duration above zero, a year at most: 500ms, 15s, 1m30s, 1h.
  std::chrono::milliseconds Duration(const std::string& key, std::chrono::milliseconds fallback);
  std::optional<std::chrono::milliseconds> Duration(const std::string& key);
  // One of `choices`; returns its index.
  std::size_t OneOf(const std::string& key, std::span<const std::string_view> choices,
                    std::size_t fallback);
  // A list of texts, or one text for a list of one.
  std::vector<std::string> Strings(const std::string& key);
  // A mapping of label names to values. Bad label names are noted.
  exporter::Labels LabelMap(const std::string& key);
  // `key`, or the file named by `key`_file; both given is a problem, and so is a
  // control character in it, or a space in a URL. An empty text counts as not
  // given. RequiredSource notes it when neither is given.
  SecretSource Source(const std::string& key);
  SecretSource RequiredSource(const std::string& key);

  // A nested mapping, absent when the key is.
  std::optional<YamlReader> Child(const std::string& key);
  // A list of mappings; empty when the key is absent.
  std::vector<YamlReader> List(const std::string& key);
  // As List; a text stands for a mapping that has it as its `name` and nothing else.
  std::vector<YamlReader> NamedList(const std::string& key);
  // As List; in these mappings nothing is replaced from the environment.
  std::vector<YamlReader> VerbatimList(const std::string& key);
  // The raw node, marked as known; nothing is replaced in it.
  YAML::Node Raw(const std::string& key);

  // Notes a problem at the value of `key` or `key`_file, or at the mapping when
  // both are absent. A value that has a problem already gets no second one:
  // what follows from a mistake is none of its own.
  void Problem(const std::string& key, std::string message);
  // Notes every key that nobody has read, with the nearest known one as a
  // hint. Called once for each reader, when all is read.
  void RejectUnknownKeys();
  // How many problems of the whole file are noted so far: whether something
  // that was just read is good.
  std::size_t problem_count() const { return problems_->size(); }
  // The keys that were asked for so far; the documentation is tested against it.
  const std::set<std::string>& known() const { return known_; }

 private:
  struct Entry {
    YAML::Node key;
    YAML::Node value;
  };

  // Marks the key as known.
  std::optional<Entry> Find(const std::string& key);
  // The text of a value after replacement; absent when the key is, or when
  // something is wrong with the value, which is then noted.
  std::optional<std::string> Scalar(const std::string& key);
  std::optional<std::string> ScalarOf(const std::string& key, const Entry& entry);
  // Notes "KEY must be EXPECTED, not VALUE".
  void Mismatch(const std::string& key, std::string_view expected);
  bool IsNoted(const YAML::Node& node) const;
  void NoteAt(const YAML::Node& node, std::string message);
  bool IsSafe(const std::string& key, const std::string& secret);
  bool IsMapping(const std::string& key, const YAML::Node& node);
  // The entries of a list; none, and noted, where it is something else.
  std::vector<YAML::Node> Items(const std::string& key);

  YAML::Node node_;
  std::set<std::string> known_;
  std::vector<ConfigProblem>* problems_;
  Environment environment_;  // Empty: nothing is replaced.
  std::string folder_;
};

}  // namespace exporter
