#include "exporter/config/yaml_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "exporter/config/duration.h"
#include "exporter/config/nearest.h"
#include "exporter/config/yaml_message.h"
#include "exporter/seam/names.h"
#include "exporter/seam/utf8.h"

namespace exporter {
namespace {

constexpr std::chrono::hours kLongestDuration(365 * 24);
constexpr std::size_t kLongestQuote = 60;
constexpr std::string_view kFileSuffix = "_file";

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool IsPlainText(std::string_view text) {
  return ValidUtf8Prefix(text) == text.size() && std::none_of(text.begin(), text.end(), [](char c) {
           return IsControl(c) && c != '\n' && c != '\r' && c != '\t';
         });
}

// `text` as a number, if all of it is one.
template <typename T>
std::optional<T> ParseNumber(const std::string& text) {
  T number{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || end != last) return std::nullopt;
  return number;
}

std::optional<bool> ParseBool(const std::string& text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

// The hint for a duration that is not valid.
std::string DurationHint(const std::string& text) {
  const bool bare = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  return bare && text != "0" ? fmt::format("; a number needs a unit: {}s", text) : "";
}

}  // namespace

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  std::string_view shown = text.substr(0, kLongestQuote);
  // Does not cut a character of several bytes.
  while (shown.size() < text.size() && (text[shown.size()] & 0xc0) == 0x80) {
    shown.remove_suffix(1);
  }
  for (const char c : shown) quoted += IsControl(c) ? ' ' : c;
  return quoted + (shown.size() < text.size() ? "...\"" : "\"");
}

YamlReader::YamlReader(const YAML::Node& node, std::vector<ConfigProblem>& problems,
                       Environment environment, std::string folder,
                       std::vector<ConfigProblem>* warnings)
    : node_(node),
      problems_(&problems),
      warnings_(warnings),
      environment_(std::move(environment)),
      folder_(std::move(folder)) {
  if (!node_.IsMap())
    NoteAt(node_, fmt::format("must be a mapping of keys, not {}", KindOf(node_)));
}

std::optional<YamlReader::Entry> YamlReader::Find(const std::string& key) {
  known_.insert(key);
  if (!node_.IsMap()) return std::nullopt;
  for (const auto& entry : node_) {
    if (entry.first.IsScalar() && entry.first.Scalar() == key) {
      return Entry{entry.first, entry.second};
    }
  }
  return std::nullopt;
}

std::optional<std::string> YamlReader::Scalar(const std::string& key) {
  const auto entry = Find(key);
  if (!entry) return std::nullopt;
  if (entry->value.IsNull()) {
    NoteAt(entry->key, key + " has no value");
    return std::nullopt;
  }
  return ScalarOf(key, *entry);
}

std::optional<std::string> YamlReader::ScalarOf(const std::string& key, const Entry& entry) {
  if (!entry.value.IsScalar()) {
    NoteAt(entry.value, fmt::format("{} must be one value, not {}", key, KindOf(entry.value)));
    return std::nullopt;
  }
  if (!environment_) return entry.value.Scalar();
  std::vector<std::string> wrong;
  auto text = Substitute(entry.value.Scalar(), environment_, wrong);
  for (const std::string& message : wrong) NoteAt(entry.value, message);
  if (text && !IsPlainText(*text)) {
    NoteAt(entry.value, key + " holds a control character, or is no valid UTF-8");
    return std::nullopt;
  }
  return text;
}

bool YamlReader::Has(const std::string& key) { return Find(key).has_value(); }

std::string YamlReader::String(const std::string& key, std::string fallback) {
  return Scalar(key).value_or(std::move(fallback));
}

std::string YamlReader::RequiredString(const std::string& key) {
  if (!Has(key)) {
    Problem(key, fmt::format("missing key \"{}\"", key));
    return "";
  }
  const auto text = Scalar(key);
  if (text && text->empty()) Problem(key, key + " must not be empty");
  return text.value_or("");
}

bool YamlReader::Bool(const std::string& key, bool fallback) {
  const auto text = Scalar(key);
  if (!text) return fallback;
  const auto value = ParseBool(*text);
  if (!value) Mismatch(key, "true or false");
  return value.value_or(fallback);
}

std::int64_t YamlReader::Integer(const std::string& key, std::int64_t fallback, std::int64_t least,
                                 std::int64_t most) {
  const auto text = Scalar(key);
  if (!text) return fallback;
  const auto value = ParseNumber<std::int64_t>(*text);
  if (value && *value >= least && *value <= most) return *value;
  Mismatch(key, fmt::format("a whole number from {} to {}", least, most));
  return fallback;
}

double YamlReader::Number(const std::string& key, double fallback) {
  const auto text = Scalar(key);
  if (!text) return fallback;
  const auto value = ParseNumber<double>(*text);
  if (value && std::isfinite(*value)) return *value;
  Mismatch(key, "a number");
  return fallback;
}

std::chrono::milliseconds YamlReader::Duration(const std::string& key,
                                               std::chrono::milliseconds fallback) {
  return Duration(key).value_or(fallback);
}

std::optional<std::chrono::milliseconds> YamlReader::Duration(const std::string& key) {
  const auto text = Scalar(key);
  if (!text) return std::nullopt;
  const auto value = ParseDuration(*text);
  if (value && value->count() > 0 && *value <= kLongestDuration) return value;
  const YAML::Node written = Find(key)->value;
  NoteAt(written, fmt::format("{} must be a duration above 0 and up to 1y, as 500ms, 15s or 1m30s, "
                              "not {}{}",
                              key, Shown(written), DurationHint(written.Scalar())));
  return std::nullopt;
}

std::size_t YamlReader::OneOf(const std::string& key, std::span<const std::string_view> choices,
                              std::size_t fallback) {
  const auto text = Scalar(key);
  if (!text) return fallback;
  const auto found = std::find(choices.begin(), choices.end(), *text);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  Mismatch(key, Listed(choices));
  return fallback;
}

std::vector<std::string> YamlReader::Strings(const std::string& key) {
  std::vector<std::string> texts;
  const auto entry = Find(key);
  if (!entry || entry->value.IsNull()) return texts;
  if (!entry->value.IsSequence()) {
    if (auto text = ScalarOf(key, *entry)) texts.push_back(std::move(*text));
    return texts;
  }
  for (const YAML::Node& item : entry->value) {
    if (auto text = ScalarOf("each entry of " + key, Entry{entry->key, item})) {
      texts.push_back(std::move(*text));
    }
  }
  return texts;
}

Labels YamlReader::LabelMap(const std::string& key) {
  Labels labels;
  const auto entry = Find(key);
  if (!entry || entry->value.IsNull() || !IsMapping(key, entry->value)) return labels;
  YamlReader reader(entry->value, *problems_, environment_);
  for (const auto& label : entry->value) {
    if (!label.first.IsScalar()) continue;
    const std::string& name = label.first.Scalar();
    if (!IsSampleLabelName(name)) {
      NoteAt(label.first, fmt::format("{} is no label name: letters, digits and _ only, no digit "
                                      "first, no __ first",
                                      Quoted(name)));
    }
    if (auto value = reader.Scalar(name)) labels.emplace_back(name, std::move(*value));
  }
  return labels;
}

SecretSource YamlReader::Source(const std::string& key) {
  const std::string file_key = key + std::string(kFileSuffix);
  const bool literal = Has(key);
  if (const auto file = Find(file_key)) {
    if (literal) NoteAt(file->key, fmt::format("give {} or {}, not both", key, file_key));
    const std::string path = RequiredString(file_key);
    if (path.find("://") != std::string::npos) {
      Problem(file_key,
              fmt::format("{} must be the path of a file; a URL itself is the value of {}",
                          file_key, key));
      return {};
    }
    return path.empty() ? SecretSource() : SecretSource::File(path);
  }
  const auto text = Scalar(key);
  if (!text || text->empty() || !IsSafe(key, *text)) return {};
  return SecretSource::Literal(*text);
}

SecretSource YamlReader::RequiredSource(const std::string& key) {
  const std::string file_key = key + std::string(kFileSuffix);
  if (!Has(key) && !Has(file_key)) {
    Problem(key, fmt::format("missing key \"{}\" (or \"{}\")", key, file_key));
    return {};
  }
  const std::size_t before = problems_->size();
  SecretSource source = Source(key);
  if (!source.given() && problems_->size() == before) Problem(key, key + " must not be empty");
  return source;
}

// Catches a password that was pasted with its line break, or a quote left open. A client would
// complain about a host name that nobody wrote.
bool YamlReader::IsSafe(const std::string& key, const std::string& secret) {
  if (std::any_of(secret.begin(), secret.end(), IsControl)) {
    Problem(key, key + " holds a line break, a tab or another control character");
    return false;
  }
  if (secret.find("://") != std::string::npos && secret.find(' ') != std::string::npos) {
    Problem(key, key + " is a URL with a space in it; write a space in a URL as %20");
    return false;
  }
  return true;
}

std::optional<YamlReader> YamlReader::Child(const std::string& key) {
  const auto entry = Find(key);
  if (!entry || entry->value.IsNull() || !IsMapping(key, entry->value)) return std::nullopt;
  return YamlReader(entry->value, *problems_, environment_, folder_, warnings_);
}

std::vector<YAML::Node> YamlReader::Items(const std::string& key) {
  const auto entry = Find(key);
  if (!entry || entry->value.IsNull()) return {};
  if (!entry->value.IsSequence()) {
    NoteAt(entry->value, fmt::format("{} must be a list, each entry with a leading \"- \", not {}",
                                     key, KindOf(entry->value)));
    return {};
  }
  return {entry->value.begin(), entry->value.end()};
}

std::vector<YamlReader> YamlReader::List(const std::string& key) {
  std::vector<YamlReader> readers;
  for (const YAML::Node& item : Items(key)) {
    if (IsMapping("each entry of " + key, item)) {
      readers.emplace_back(item, *problems_, environment_, folder_, warnings_);
    }
  }
  return readers;
}

std::vector<YamlReader> YamlReader::NamedList(const std::string& key) {
  std::vector<YamlReader> readers;
  for (const YAML::Node& item : Items(key)) {
    if (item.IsScalar()) {
      YAML::Node mapping(YAML::NodeType::Map);
      mapping["name"] = item;
      readers.emplace_back(mapping, *problems_, environment_, folder_, warnings_);
    } else if (IsMapping("each entry of " + key + " that is no name", item)) {
      readers.emplace_back(item, *problems_, environment_, folder_, warnings_);
    }
  }
  return readers;
}

std::vector<YamlReader> YamlReader::VerbatimList(const std::string& key) {
  std::vector<YamlReader> readers = List(key);
  for (YamlReader& reader : readers) reader.environment_ = nullptr;
  return readers;
}

YAML::Node YamlReader::Raw(const std::string& key) {
  const auto entry = Find(key);
  return entry ? entry->value : YAML::Node();
}

bool YamlReader::IsMapping(const std::string& key, const YAML::Node& node) {
  if (node.IsMap()) return true;
  NoteAt(node, fmt::format("{} must be a mapping of keys, not {}", key, KindOf(node)));
  return false;
}

void YamlReader::Mismatch(const std::string& key, std::string_view expected) {
  const auto entry = Find(key);
  NoteAt(entry->value, fmt::format("{} must be {}, not {}", key, expected, Shown(entry->value)));
}

YAML::Node YamlReader::PlaceOf(const std::string& key) const {
  for (const std::string& name : {key, key + std::string(kFileSuffix)}) {
    for (const auto& entry : node_) {
      if (!entry.first.IsScalar() || entry.first.Scalar() != name) continue;
      return entry.second.IsNull() ? entry.first : entry.second;
    }
  }
  return node_;
}

void YamlReader::Problem(const std::string& key, std::string message) {
  if (!node_.IsMap()) return;  // Noted already.
  const YAML::Node place = PlaceOf(key);
  if (!place.is(node_) && IsNoted(place)) return;
  NoteAt(place, Origin(place) + message);
}

void YamlReader::Warn(const std::string& key, std::string_view message) {
  if (warnings_ == nullptr || !node_.IsMap()) return;
  const YAML::Node place = PlaceOf(key);
  warnings_->push_back(ProblemAt(place, fmt::format("{}{}: {}", Origin(place), key, message)));
}

bool YamlReader::IsNoted(const YAML::Node& node) const {
  const YAML::Mark mark = node.Mark();
  return std::any_of(problems_->begin(), problems_->end(), [&](const ConfigProblem& problem) {
    return problem.line == mark.line + 1 && problem.column == mark.column + 1;
  });
}

void YamlReader::NoteAt(const YAML::Node& node, std::string message) {
  problems_->push_back(ProblemAt(node, std::move(message)));
}

void YamlReader::RejectUnknownKeys() {
  if (!node_.IsMap()) return;
  const std::vector<std::string_view> known(known_.begin(), known_.end());
  for (const auto& entry : node_) {
    if (!entry.first.IsScalar() || known_.count(entry.first.Scalar()) > 0) continue;
    const std::string& key = entry.first.Scalar();
    if (key == "<<") continue;  // ParseYaml notes it, with a better message.
    // `url:redis://:password@host` and `password hunter2` are one key to YAML, and what follows the
    // first word may be a secret.
    const std::size_t end = key.find_first_of(": ");
    const std::string word = Quoted(key.substr(0, end));
    if (end == std::string::npos) {
      NoteAt(entry.first, fmt::format("unknown key {}{}", word, DidYouMean(key, known)));
    } else if (key[end] == ':') {
      NoteAt(entry.first, fmt::format("unknown key; write a space after the colon of {}", word));
    } else {
      NoteAt(entry.first, fmt::format("unknown key; write a colon after {}", word));
    }
  }
}

}  // namespace exporter
