#include "collectors/series/named_rows.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "collectors/series/row_cells.h"
#include "collectors/series/sample_rows.h"
#include "exporter/seam/names.h"

namespace collectors {
namespace {

constexpr std::size_t kMostNames = 1000;
constexpr std::size_t kLongestName = 200;

// Returns what is wrong with a row's name, or "". Quotes the name only if the configuration
// contains it, too.
std::string WrongWith(const std::string& name, const NamedSample& shape) {
  if (name.size() > kLongestName) return fmt::format("is longer than {}", kLongestName);
  if (!exporter::IsMetricName(name)) return "makes no metric name";
  if (exporter::IsReservedName(name)) return "begins as the exporter's own metrics do";
  if (shape.taken.contains(name)) return fmt::format("is {}, which is another metric's", name);
  return "";
}

// The result with one more column for the metrics' names. It comes first, so that no column of the
// query can take its place.
class NamedRows {
 public:
  NamedRows(const Rows& rows, const SqlMetric& metric, const NamedSample& shape)
      : shape_(shape), column_(NeedColumn(rows, shape.column, metric)) {
    named_.columns.emplace_back(kNameLabel);
    named_.columns.insert(named_.columns.end(), rows.columns.begin(), rows.columns.end());
    named_.utc_offset = rows.utc_offset;
    named_.types = {ColumnType::kAny};
    named_.types.insert(named_.types.end(), rows.types.begin(), rows.types.end());
    for (const Cells& cells : rows.cells) Add(cells);
    if (names_.size() > kMostNames) {
      throw exporter::CollectError(exporter::ErrorKind::kLimit,
                                   fmt::format("the rows name more than {} metrics", kMostNames),
                                   metric.name);
    }
  }

  const Rows& rows() const { return named_; }
  // What is wrong with the first row that was left out.
  const std::string& problem() const { return problem_; }

 private:
  void Add(const Cells& cells) {
    const auto& cell = cells[column_];
    std::string name = shape_.prefix + LabelValue(cell, named_.TypeOf(column_ + 1));
    const std::string wrong = cell ? WrongWith(name, shape_) : "is NULL";
    if (!wrong.empty()) {
      if (problem_.empty()) problem_ = fmt::format("column {}: a name {}", shape_.column, wrong);
      return;
    }
    names_.insert(name);
    Cells& row = named_.cells.emplace_back();
    row.reserve(cells.size() + 1);
    row.emplace_back(std::move(name));
    row.insert(row.end(), cells.begin(), cells.end());
  }

  const NamedSample& shape_;
  std::size_t column_;
  Rows named_;
  std::set<std::string> names_;
  std::string problem_;
};

}  // namespace

MappedSamples MapShape(const Rows& rows, const SqlMetric& metric, const NamedSample& shape) {
  const NamedRows named(rows, metric, shape);
  SqlMetric one = metric;
  one.labels.insert(one.labels.begin(), std::string(kNameLabel));
  one.constant_labels.clear();
  MappedSamples mapped = MapShape(named.rows(), one, RowSample());
  // After the name, which must be first.
  const auto add_constants = [&](exporter::Labels& labels) {
    labels.insert(labels.end(), metric.constant_labels.begin(), metric.constant_labels.end());
  };
  for (Sample& sample : mapped.samples) add_constants(sample.labels);
  for (exporter::Labels& labels : mapped.nulls) add_constants(labels);
  if (!named.problem().empty()) NoteBadRow(mapped, metric, named.problem());
  return mapped;
}

}  // namespace collectors
