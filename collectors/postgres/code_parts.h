#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "collectors/postgres/answer_part.h"
#include "exporter/config/yaml_reader.h"

namespace collectors {

// A part of the collector `postgres` that is code, for what no row of the preset
// can say: names that the server gives, a top N, a histogram.
struct CodePart {
  std::string_view name;  // As `parts` switches it.
  bool by_default;
  // Reads the part's own keys, which are those of the collector, and notes what
  // is wrong with them in the reader.
  std::unique_ptr<SqlPart> (*make)(exporter::YamlReader& options, const AnswerOptions& answer,
                                   bool server_label);
};

std::span<const CodePart> CodeParts();

}  // namespace collectors
