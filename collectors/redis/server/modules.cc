#include "collectors/redis/server/modules.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "collectors/redis/server/info_fields.h"
#include "collectors/redis/server/reply_shape.h"

namespace collectors {
namespace {

constexpr std::string_view kLabels[] = {"name", "ver", "api", "filters", "usedby", "using"};

// Parses "name=search,ver=21005,api=1,filters=0,usedby=[],using=[],options=[]". A list in brackets
// may contain commas, so it ends at the closing bracket.
exporter::Labels LabelsOf(std::string_view module) {
  exporter::Labels labels;
  for (const std::string_view label : kLabels) {
    const std::string name = std::string(label) + "=";
    const std::size_t at = module.starts_with(name) ? 0 : module.find("," + name);
    std::string_view value;
    if (at != std::string_view::npos) {
      value = module.substr(at + name.size() + (at == 0 ? 0 : 1));
      const char end = value.starts_with('[') ? ']' : ',';
      value = value.substr(0, std::min(value.find(end), value.size()) + (end == ']' ? 1 : 0));
    }
    labels.emplace_back(label, value);
  }
  return labels;
}

}  // namespace

std::vector<RedisCommand> ModuleCommands(const ServerFacts& server) {
  if (server.is_sentinel) return {};
  return {{"INFO", "modules"}};
}

void AddModules(std::span<const RedisReply> replies, const ServerFacts& /*server*/,
                exporter::FamilySet& families) {
  const RedisReply& text = Expect(replies[0], RedisReply::Type::kString, "INFO modules");
  ForEachInfoLine(text.text, [&](std::string_view field, std::string_view value) {
    if (field != "module") return;
    families.Gauge("redis_module_info", "Always 1; the labels tell of a module.")
        .Add(LabelsOf(value), 1);
  });
  AddInfoFields(ParseInfo(text.text), ModuleFields(), families);
}

}  // namespace collectors
