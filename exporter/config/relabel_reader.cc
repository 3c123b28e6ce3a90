#include "exporter/config/relabel_reader.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string_view>

namespace exporter {
namespace {

struct Action {
  std::string_view name;
  RelabelAction action;
};

constexpr std::array<Action, 12> kActions = {{{"replace", RelabelAction::kReplace},
                                              {"keep", RelabelAction::kKeep},
                                              {"drop", RelabelAction::kDrop},
                                              {"keepequal", RelabelAction::kKeepEqual},
                                              {"dropequal", RelabelAction::kDropEqual},
                                              {"hashmod", RelabelAction::kHashMod},
                                              {"hash", RelabelAction::kHash},
                                              {"labelmap", RelabelAction::kLabelMap},
                                              {"labeldrop", RelabelAction::kLabelDrop},
                                              {"labelkeep", RelabelAction::kLabelKeep},
                                              {"lowercase", RelabelAction::kLowercase},
                                              {"uppercase", RelabelAction::kUppercase}}};

constexpr std::array<std::string_view, kActions.size()> ActionNames() {
  std::array<std::string_view, kActions.size()> names;
  for (std::size_t i = 0; i < kActions.size(); ++i) names[i] = kActions[i].name;
  return names;
}

RelabelConfig ReadFields(YamlReader& rule) {
  static constexpr auto kNames = ActionNames();
  RelabelConfig config;
  config.action = kActions[rule.OneOf("action", kNames, 0)].action;
  config.source_labels = rule.Strings("source_labels");
  config.separator = rule.String("separator", config.separator);
  config.target_label = rule.String("target_label", "");
  config.regex = rule.String("regex", config.regex);
  config.modulus = static_cast<std::uint64_t>(
      rule.Integer("modulus", 0, 1, std::numeric_limits<std::int64_t>::max()));
  config.replacement = rule.String("replacement", config.replacement);
  rule.RejectUnknownKeys();
  return config;
}

// The key with which a message of RelabelRule begins.
std::string SubjectOf(std::string_view message) {
  const auto end = std::find_if_not(message.begin(), message.end(), [](unsigned char c) {
    return c == '_' || std::isalpha(c) != 0;
  });
  return {message.begin(), end};
}

}  // namespace

std::vector<std::shared_ptr<const RelabelRule>> ReadRelabelRules(YamlReader& reader,
                                                                 const std::string& key) {
  std::vector<std::shared_ptr<const RelabelRule>> rules;
  for (YamlReader& rule : reader.VerbatimList(key)) {
    const std::size_t before = rule.problem_count();
    const RelabelConfig config = ReadFields(rule);
    if (rule.problem_count() > before) continue;
    // RelabelRule throws this if its fields do not fit each other.
    try {
      rules.push_back(RelabelRule::Make(config));
    } catch (const std::invalid_argument& error) {
      rule.Problem(SubjectOf(error.what()), error.what());
    }
  }
  return rules;
}

}  // namespace exporter
