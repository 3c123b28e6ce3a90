#pragma once

#include <string>

#include "exporter/seam/family.h"

namespace exporter {

// A family as io.prometheus.client.MetricFamily, preceded by its length; a page is a sequence of
// such messages. An info and a state set are gauges there.
// https://github.com/prometheus/client_model/blob/v0.6.1/io/prometheus/client/metrics.proto
void AppendProtobuf(std::string& out, const Family& family);

}  // namespace exporter
