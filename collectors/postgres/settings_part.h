#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collectors/postgres/answer_part.h"
#include "collectors/postgres/settings.h"

namespace collectors {

struct SettingsOptions {
  AnswerOptions answer;
  bool server_label = true;  // As in postgres_exporter up to 0.19.
};

// The server's settings and version, in one statement.
class SettingsPart : public AnswerPart {
 public:
  explicit SettingsPart(const SettingsOptions& options)
      : AnswerPart("settings", options.answer), server_label_(options.server_label) {}

  std::vector<exporter::SeriesId> Claims() const override;

 protected:
  void Ask(const SqlRun& run) override;
  void WriteAnswer(exporter::FamilySet& families,
                   std::optional<exporter::SteadyTime> expires_at) const override;

 private:
  bool server_label_;
  std::optional<std::string> server_;
  ServerSettings found_;
};

}  // namespace collectors
