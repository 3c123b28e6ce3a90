#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collectors/parts/sql_part.h"
#include "collectors/series/metric_series.h"

namespace collectors {

// What every part of this kind is told.
struct AnswerOptions {
  SeriesRules rules;
  std::optional<std::chrono::milliseconds> interval = {};  // Its own.
};

// A part that keeps what its last good answer said, and shows it until it is
// too old or a newer one comes. A failure of the statement costs this part
// alone. One thread at a time, as all parts.
class AnswerPart : public SqlPart {
 public:
  // `name` names the part in the log.
  AnswerPart(std::string name, AnswerOptions options)
      : name_(std::move(name)), options_(std::move(options)) {}

  PartResult Refresh(const SqlRun& run) final;
  void Skip() final { problems_ = {NoTimeLeft(name_)}; }
  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const final;
  std::vector<exporter::CollectError> Problems() const final { return problems_; }
  std::optional<std::chrono::milliseconds> Interval() const final { return options_.interval; }

 protected:
  // Asks, and keeps the answer. Throws CollectError where there is none: the
  // former answer stays.
  virtual void Ask(const SqlRun& run) = 0;
  // Writes the answer that Ask kept, with this expiry.
  virtual void WriteAnswer(exporter::FamilySet& families,
                           std::optional<exporter::SteadyTime> expires_at) const = 0;
  // Notes what the answer does not say.
  void Note(exporter::ErrorKind kind, const std::string& text);

 private:
  std::string name_;
  AnswerOptions options_;
  std::optional<exporter::SteadyTime> last_success_;
  std::vector<exporter::CollectError> problems_;
};

}  // namespace collectors
