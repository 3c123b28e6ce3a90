#pragma once

#include <memory>
#include <string>
#include <vector>

#include "exporter/config/yaml_reader.h"
#include "exporter/labels/relabel.h"

namespace exporter {

// Reads a list of relabelling rules with the keys, defaults and checks of Prometheus, plus the
// action `hash`. Environment variables are not replaced: $1 and ${1} are groups of the regex. A
// wrong rule is noted and left out.
// https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config
std::vector<std::shared_ptr<const RelabelRule>> ReadRelabelRules(YamlReader& reader,
                                                                 const std::string& key);

}  // namespace exporter
