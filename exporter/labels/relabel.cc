#include "exporter/labels/relabel.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <utility>

#include "exporter/seam/names.h"

namespace exporter {
namespace {

// The actions that write target_label.
constexpr std::array kWriters = {RelabelAction::kReplace,   RelabelAction::kHashMod,
                                 RelabelAction::kLowercase, RelabelAction::kUppercase,
                                 RelabelAction::kHash,      RelabelAction::kKeepEqual,
                                 RelabelAction::kDropEqual};

// An empty value removes the label: Prometheus does not distinguish the two.
void SetLabel(SampleLabels& labels, const std::string& name, std::string value) {
  const auto found = std::find_if(labels.begin(), labels.end(),
                                  [&name](const auto& label) { return label.name == name; });
  if (value.empty()) {
    if (found != labels.end()) labels.erase(found);
  } else if (found != labels.end()) {
    found->value = std::move(value);
  } else {
    labels.push_back({name, std::move(value)});
  }
}

std::string Convert(std::string text, int (*convert)(int)) {
  for (char& c : text) c = static_cast<char>(convert(static_cast<unsigned char>(c)));
  return text;
}

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

Digest DigestOf(const std::string& text, const EVP_MD* algorithm) {
  Digest digest{};
  unsigned int size = 0;
  if (::EVP_Digest(text.data(), text.size(), digest.data(), &size, algorithm, nullptr) != 1)
    throw std::runtime_error("the digest is not available");
  return digest;
}

// As Prometheus: the last eight bytes of the MD5, big-endian (relabel.go, sum64).
std::uint64_t Sum64(const std::string& text) {
  const Digest digest = DigestOf(text, ::EVP_md5());
  std::uint64_t sum = 0;
  for (std::size_t i = 8; i < 16; ++i) sum = (sum << 8) | digest[i];
  return sum;
}

// 64 bits of SHA-256: enough to distinguish tenants.
std::string HashOf(const std::string& text) {
  const Digest digest = DigestOf(text, ::EVP_sha256());
  std::string hex;
  for (std::size_t i = 0; i < 8; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace

struct RelabelRule::Compiled {
  explicit Compiled(const std::string& regex)
      : anchored("^(?s:" + regex + ")$", RE2::Quiet), groups(anchored.NumberOfCapturingGroups()) {}

  // The groups of a match; empty if it does not match.
  std::vector<re2::StringPiece> Match(re2::StringPiece text) const {
    std::vector<re2::StringPiece> found(static_cast<std::size_t>(groups) + 1);
    if (!anchored.Match(text, 0, text.size(), RE2::ANCHOR_BOTH, found.data(), groups + 1))
      return {};
    return found;
  }
  bool Matches(const std::string& text) const { return RE2::FullMatch(text, anchored); }

  // Like Go's Regexp.Expand: $1, ${1}, $name, ${name}, $$; an unknown group is empty.
  std::string Expand(const std::string& pattern,
                     const std::vector<re2::StringPiece>& groups_found) const;
  std::string Group(const std::string& name,
                    const std::vector<re2::StringPiece>& groups_found) const;

  RE2 anchored;
  int groups;
};

std::string RelabelRule::Compiled::Group(const std::string& name,
                                         const std::vector<re2::StringPiece>& found) const {
  std::size_t index = found.size();
  if (std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c); })) {
    // In Go a number with a leading zero is a name, and no group has it.
    const bool padded = name.size() > 1 && name.front() == '0';
    index = padded || name.size() > 3 ? found.size() : std::stoul(name);
  } else if (const auto named = anchored.NamedCapturingGroups().find(name);
             named != anchored.NamedCapturingGroups().end()) {
    index = static_cast<std::size_t>(named->second);
  }
  return index < found.size() ? std::string(found[index].data(), found[index].size()) : "";
}

std::string RelabelRule::Compiled::Expand(const std::string& pattern,
                                          const std::vector<re2::StringPiece>& found) const {
  static const RE2 reference(R"(\$(?:(\$)|\{(\w+)\}|(\w+)))");
  std::string expanded;
  std::size_t end = 0;
  std::array<re2::StringPiece, 4> parts;
  while (reference.Match(pattern, end, pattern.size(), RE2::UNANCHORED, parts.data(), 4)) {
    const auto begin = static_cast<std::size_t>(parts[0].data() - pattern.data());
    expanded.append(pattern, end, begin - end);
    const re2::StringPiece& name = parts[2].data() != nullptr ? parts[2] : parts[3];
    expanded +=
        parts[1].data() != nullptr ? "$" : Group(std::string(name.data(), name.size()), found);
    end = begin + parts[0].size();
  }
  return expanded.append(pattern, end);
}

std::shared_ptr<const RelabelRule> RelabelRule::Make(RelabelConfig config) {
  std::shared_ptr<const RelabelRule> rule(new RelabelRule(std::move(config)));
  const RelabelConfig& made = rule->config_;
  if (!rule->compiled_->anchored.ok()) {
    const RE2 written(made.regex, RE2::Quiet);  // Its error does not quote the added anchors.
    throw std::invalid_argument("regex is not valid: " +
                                (written.ok() ? rule->compiled_->anchored : written).error());
  }
  const bool writes = std::find(kWriters.begin(), kWriters.end(), made.action) != kWriters.end();
  if (writes && made.target_label.empty())
    throw std::invalid_argument("target_label is required by this action");
  const bool fixed_target = made.action != RelabelAction::kReplace;
  if (writes && fixed_target && !IsLabelName(made.target_label))
    throw std::invalid_argument("target_label must be a label name, [a-zA-Z_][a-zA-Z0-9_]*");
  if (made.action == RelabelAction::kHashMod && made.modulus == 0)
    throw std::invalid_argument("modulus is required by the action hashmod, and must be above 0");
  return rule;
}

RelabelRule::RelabelRule(RelabelConfig config)
    : config_(std::move(config)), compiled_(std::make_unique<Compiled>(config_.regex)) {}

RelabelRule::~RelabelRule() = default;

std::string_view LabelValue(const SampleLabels& labels, std::string_view name) {
  for (const auto& label : labels)
    if (label.name == name) return label.value;
  return {};
}

bool RelabelRule::Apply(SampleLabels& labels) const {
  switch (config_.action) {
    case RelabelAction::kLabelMap:
      MapNames(labels);
      return true;
    case RelabelAction::kLabelDrop:
    case RelabelAction::kLabelKeep:
      KeepNames(labels, config_.action == RelabelAction::kLabelKeep);
      return true;
    default:
      break;
  }
  std::string source;
  for (std::size_t i = 0; i < config_.source_labels.size(); ++i)
    source.append(i == 0 ? "" : config_.separator)
        .append(LabelValue(labels, config_.source_labels[i]));
  return ApplyToValue(labels, source);
}

bool RelabelRule::ApplyToValue(SampleLabels& labels, const std::string& source) const {
  const std::string& target = config_.target_label;
  switch (config_.action) {
    case RelabelAction::kKeep:
      return compiled_->Matches(source);
    case RelabelAction::kDrop:
      return !compiled_->Matches(source);
    case RelabelAction::kKeepEqual:
      return LabelValue(labels, target) == source;
    case RelabelAction::kDropEqual:
      return LabelValue(labels, target) != source;
    case RelabelAction::kHashMod:
      SetLabel(labels, target, std::to_string(Sum64(source) % config_.modulus));
      return true;
    case RelabelAction::kLowercase:
      SetLabel(labels, target, Convert(source, std::tolower));
      return true;
    case RelabelAction::kUppercase:
      SetLabel(labels, target, Convert(source, std::toupper));
      return true;
    case RelabelAction::kHash:
      SetLabel(labels, target, source.empty() ? "" : HashOf(source));
      return true;
    default:
      Replace(labels, source);
      return true;
  }
}

void RelabelRule::Replace(SampleLabels& labels, const std::string& source) const {
  const auto groups = compiled_->Match(source);
  if (groups.empty()) return;
  const std::string target = compiled_->Expand(config_.target_label, groups);
  if (IsLabelName(target)) SetLabel(labels, target, compiled_->Expand(config_.replacement, groups));
}

void RelabelRule::MapNames(SampleLabels& labels) const {
  SampleLabels mapped;
  for (const auto& label : labels) {
    if (label.value.empty()) continue;  // Counts as absent.
    const auto groups = compiled_->Match(label.name);
    if (!groups.empty())
      mapped.push_back({compiled_->Expand(config_.replacement, groups), label.value});
  }
  for (auto& label : mapped) SetLabel(labels, label.name, std::move(label.value));
}

void RelabelRule::KeepNames(SampleLabels& labels, bool keep) const {
  std::erase_if(labels, [&](const auto& label) { return compiled_->Matches(label.name) != keep; });
}

}  // namespace exporter
