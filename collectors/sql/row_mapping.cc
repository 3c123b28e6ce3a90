#include "collectors/sql/row_mapping.h"

#include "collectors/sql/bucket_rows.h"
#include "collectors/sql/named_rows.h"
#include "collectors/sql/observation_rows.h"
#include "collectors/sql/sample_rows.h"

namespace collectors {

MappedSamples MapRows(const Rows& rows, const SqlMetric& metric) {
  try {
    return std::visit([&](const auto& shape) { return MapShape(rows, metric, shape); },
                      metric.shape);
  } catch (const exporter::CollectError& error) {
    return {{}, {}, error};
  }
}

}  // namespace collectors
