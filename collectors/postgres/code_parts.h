#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "collectors/postgres/answer_part.h"
#include "exporter/config/yaml_reader.h"

namespace collectors {

// A part of the collector `postgres` in code, for what the preset cannot express: names that the
// server determines, a top N, a histogram.
struct CodePart {
  std::string_view name;  // Its switch in `parts`.
  bool by_default;
  // Makes the part. Reads the part's own keys from the collector's options, and reports mistakes in
  // them to the reader.
  std::unique_ptr<SqlPart> (*make)(exporter::YamlReader& options, const AnswerOptions& answer,
                                   bool server_label);
};

std::span<const CodePart> CodeParts();

}  // namespace collectors
