#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collectors/parts/sql_part.h"
#include "collectors/series/metric_series.h"

namespace collectors {

// Options that all parts of this kind have.
struct AnswerOptions {
  SeriesRules rules;
  std::optional<std::chrono::milliseconds> interval = {};  // The part's own, if it has one.
};

// A part that keeps its last good result, and shows it until it is too old or a newer one comes. A
// failed statement affects only this part. Not thread-safe, like every part.
class AnswerPart : public SqlPart {
 public:
  // `name` is the part's name in the log.
  AnswerPart(std::string name, AnswerOptions options)
      : name_(std::move(name)), options_(std::move(options)) {}

  PartResult Refresh(const SqlRun& run) final;
  void Skip() final { problems_ = {NoTimeLeft(name_)}; }
  void Write(exporter::FamilySet& families, exporter::SteadyTime now) const final;
  std::vector<exporter::CollectError> Problems() const final { return problems_; }
  std::optional<std::chrono::milliseconds> Interval() const final { return options_.interval; }

 protected:
  // Asks, and keeps the result. Throws CollectError if there is none; the previous result must
  // stay.
  virtual void Ask(const SqlRun& run) = 0;
  // Writes the result that Ask kept, with this expiry.
  virtual void WriteAnswer(exporter::FamilySet& families,
                           std::optional<exporter::SteadyTime> expires_at) const = 0;
  // Reports a problem with the result.
  void Note(exporter::ErrorKind kind, const std::string& text);

 private:
  std::string name_;
  AnswerOptions options_;
  std::optional<exporter::SteadyTime> last_success_;
  std::vector<exporter::CollectError> problems_;
};

}  // namespace collectors
