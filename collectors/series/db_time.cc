#include "collectors/series/db_time.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace collectors {
namespace {

using exporter::SteadyTime;
using std::chrono::duration;
using std::chrono::milliseconds;

constexpr const char* kKey = "max_db_time";
constexpr const char* kDefault = "5%";
constexpr double kLeastPercent = 0.1;
constexpr double kMostPercent = 100;

}  // namespace

void DbTime::BeginRun(SteadyTime now) {
  run_began_ = now;
  run_may_ask_ = now >= paid_at_;
}

bool DbTime::MayAsk() const { return run_may_ask_ && paid_at_ <= run_began_ + interval_; }

milliseconds DbTime::Payment(duration<double> seconds) const {
  return std::chrono::ceil<milliseconds>(seconds / share_);
}

void DbTime::Spend(SteadyTime end, duration<double> seconds) {
  spent_ += seconds;
  ++answers_;
  paid_at_ = std::max(paid_at_, end) + Payment(seconds);
}

void DbTime::SpendUnanswered(SteadyTime end, duration<double> seconds) {
  paid_at_ = std::max(paid_at_, end) + std::min(Payment(seconds), interval_);
}

void DbTime::SetRound(milliseconds round) {
  if (round < round_ && run_began_ < round_began_ + kRoundsUntilStale * round_) return;
  round_ = round;
  round_began_ = run_began_;
}

std::optional<double> ParseShare(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  text = text.substr(0, text.find_last_not_of(' ') + 1);
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  // Negated so that NaN is out of bounds, too.
  if (!(percent >= kLeastPercent && percent <= kMostPercent)) return std::nullopt;
  return percent / 100;
}

double ReadMaxDbTime(exporter::YamlReader& options) {
  const std::string text = options.String(kKey, kDefault);
  if (const auto share = ParseShare(text)) return *share;
  options.Problem(kKey, "max_db_time must be a share of one core from 0.1% to 100%, as 5%, not " +
                            exporter::Quoted(text));
  return *ParseShare(kDefault);
}

}  // namespace collectors
