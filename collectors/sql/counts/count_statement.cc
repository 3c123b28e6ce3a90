#include "collectors/sql/counts/count_statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;

// MySQL reads "name" as a string, and has no FILTER.
constexpr char QuoteOf(SqlDialect dialect) { return dialect == SqlDialect::kMysql ? '`' : '"'; }

std::string Quoted(std::string_view name, SqlDialect dialect) {
  const char quote = QuoteOf(dialect);
  std::string quoted(1, quote);
  for (const char c : name) {
    quoted += c;
    if (c == quote) quoted += c;
  }
  return quoted + quote;
}

// Removes the first part of a dotted name, and its dot, and returns the part.
std::string TakePart(std::string_view& name) {
  std::string part;
  bool quoted = false;
  std::size_t i = 0;
  for (; i < name.size() && (quoted || name[i] != '.'); ++i) {
    if (name[i] != '"') {
      part += name[i];
    } else if (quoted && name.substr(i + 1, 1) == "\"") {
      part += name[i++];
    } else {
      quoted = !quoted;
    }
  }
  if (quoted) throw std::invalid_argument("a quote stays open");
  if (part.empty() || part.find('\0') != std::string::npos) {
    throw std::invalid_argument("a part of the name is empty");
  }
  const bool ends = i == name.size();
  name.remove_prefix(std::min(i + 1, name.size()));
  if (!ends && name.empty()) throw std::invalid_argument("a part of the name is empty");
  return part;
}

std::string CountColumn(std::size_t index) {
  return fmt::format("{}{}", kCountColumnPrefix, index);
}

// The closing bracket is on a new line, because the condition may end in a comment.
std::string Condition(const SqlCount& count) { return "(" + count.where + "\n)"; }

std::string CountOf(const std::string& condition, SqlDialect dialect) {
  if (dialect == SqlDialect::kMysql) return "count(CASE WHEN " + condition + " THEN 1 END)";
  return "count(*) FILTER (WHERE " + condition + ")";
}

bool ShowsZero(const SqlCount& count) {
  return count.rules.on_missing == OnMissing::kZero || count.metric.labels.empty();
}

std::vector<std::string> AllLabels(const std::vector<const SqlCount*>& counts) {
  std::vector<std::string> all;
  for (const SqlCount* count : counts) {
    for (const std::string& label : count->metric.labels) {
      if (std::find(all.begin(), all.end(), label) == all.end()) all.push_back(label);
    }
  }
  return all;
}

// Whether the condition may go into WHERE, so that groups of zero never appear.
bool ChoosesRows(const std::vector<const SqlCount*>& counts) {
  return counts.size() == 1 && !counts[0]->where.empty() &&
         counts[0]->rules.on_missing != OnMissing::kZero;
}

std::string Columns(const std::vector<const SqlCount*>& counts,
                    const std::vector<std::string>& labels, SqlDialect dialect) {
  std::string text;
  for (const std::string& label : labels) {
    text += fmt::format("{0} AS {0}, ", Quoted(label, dialect));
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const bool counts_all = counts[i]->where.empty() || ChoosesRows(counts);
    text += fmt::format("{}{} AS {}", i == 0 ? "" : ", ",
                        counts_all ? "count(*)" : CountOf(Condition(*counts[i]), dialect),
                        CountColumn(i));
  }
  return text;
}

}  // namespace

std::string QuotedTable(std::string_view table, SqlDialect dialect) {
  std::string text = Quoted(TakePart(table), dialect);
  while (!table.empty()) text += "." + Quoted(TakePart(table), dialect);
  return text;
}

std::string RowsStatement(const SqlCount& count, SqlDialect dialect) {
  std::string text = "SELECT 1 FROM " + QuotedTable(count.table, dialect);
  if (!count.where.empty()) text += " WHERE " + Condition(count);
  return text;
}

std::string CountStatement(const std::vector<const SqlCount*>& counts, SqlDialect dialect) {
  if (counts[0]->up_to > 0) {
    return fmt::format("SELECT count(*) AS {} FROM ({} LIMIT {}) AS bounded", CountColumn(0),
                       RowsStatement(*counts[0], dialect), counts[0]->up_to);
  }
  const std::vector<std::string> labels = AllLabels(counts);
  std::string text = fmt::format("SELECT {} FROM {}", Columns(counts, labels, dialect),
                                 QuotedTable(counts[0]->table, dialect));
  if (ChoosesRows(counts)) text += " WHERE " + Condition(*counts[0]);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    text += fmt::format("{}{}", i == 0 ? " GROUP BY " : ", ", i + 1);
  }
  return text;
}

bool AnswersTo(const Rows& rows, const std::vector<const SqlCount*>& counts) {
  const std::size_t labels = AllLabels(counts).size();
  if (rows.columns.size() != labels + counts.size()) return false;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (rows.columns[labels + i] != CountColumn(i)) return false;
  }
  return true;
}

MappedSamples RollUp(const Rows& rows, const SqlCount& count, std::size_t index) {
  SqlMetric column = count.metric;
  column.value = CountColumn(index);
  MappedSamples mapped = MapRows(rows, column);
  std::map<exporter::Labels, double> groups;
  if (count.metric.labels.empty()) groups[count.metric.constant_labels] = 0;
  for (const Sample& sample : mapped.samples) groups[sample.labels] += sample.value;
  mapped.samples.clear();
  if (mapped.problem) return mapped;
  for (const auto& [labels, value] : groups) {
    if (value > 0 || ShowsZero(count)) mapped.samples.push_back({labels, value});
  }
  return mapped;
}

}  // namespace collectors
