#include "collectors/postgres/preset.h"

#include <array>
#include <stdexcept>

#include "exporter/config/yaml_reader.h"

namespace collectors {
namespace {

using exporter::YamlReader;

constexpr std::array<std::string_view, 2> kScopes = {"cluster", "database"};
constexpr std::array<std::string_view, 2> kServerLabels = {"optional", "always"};

PresetPart ReadPart(YamlReader& reader, const SqlDefaults& defaults) {
  PresetPart part;
  part.name = reader.RequiredString("part");
  part.by_default = reader.Bool("default", true);
  part.scope = reader.OneOf("scope", kScopes, 0) == 0 ? PartScope::kCluster : PartScope::kDatabase;
  part.cost = reader.RequiredString("cost");
  part.keeps_server_label = reader.OneOf("server_label", kServerLabels, 0) == 1;
  const std::string when = reader.String("when", "");
  part.queries = ReadQueries(reader, defaults);
  for (SqlQuery& query : part.queries) query.when = when;
  reader.RejectUnknownKeys();
  return part;
}

}  // namespace

std::vector<PresetPart> ReadPreset(std::string_view text, const SqlDefaults& defaults) {
  std::vector<exporter::ConfigProblem> problems;
  // A preset uses nothing from the environment.
  YamlReader reader(YAML::Load(std::string(text)), problems, exporter::Environment());
  std::vector<PresetPart> parts;
  for (YamlReader& part : reader.List("parts")) {
    parts.push_back(ReadPart(part, defaults));
  }
  reader.RejectUnknownKeys();
  if (!problems.empty()) throw std::logic_error("preset: " + problems[0].message);
  return parts;
}

void DropServerLabel(std::vector<SqlQuery>& queries) {
  for (SqlQuery& query : queries) {
    for (QueryMetric& metric : query.metrics) std::erase(metric.metric.labels, "server");
  }
}

}  // namespace collectors
