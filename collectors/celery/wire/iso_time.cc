#include "collectors/celery/wire/iso_time.h"

#include <charconv>
#include <chrono>
#include <cstddef>

namespace collectors {
namespace {

constexpr double kMinute = 60;
constexpr double kHour = 3600;

// Takes parts off the front of a text. After a missing part, all that follow fail too.
class DigitReader {
 public:
  explicit DigitReader(std::string_view text) : rest_(text) {}

  // Takes `count` digits.
  int Number(std::size_t count) {
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') good_ = false;
      if (!good_) return 0;
      number = number * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return number;
  }

  // Takes one of these characters and returns it.
  char One(std::string_view of) {
    if (rest_.empty() || of.find(rest_.front()) == std::string_view::npos) good_ = false;
    if (!good_) return 0;
    const char taken = rest_.front();
    rest_.remove_prefix(1);
    return taken;
  }

  // Takes a decimal point and its digits, if there is one.
  double Fraction() {
    if (!Skip('.')) return 0;
    double fraction = 0;
    double unit = 0.1;
    const std::size_t before = rest_.size();
    for (; Next() >= '0' && Next() <= '9'; unit /= 10, rest_.remove_prefix(1))
      fraction += unit * (Next() - '0');
    if (rest_.size() == before) good_ = false;
    return fraction;
  }

  bool Skip(char what) {
    if (!good_ || Next() != what) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool good() const { return good_; }
  bool empty() const { return rest_.empty(); }

 private:
  char Next() const { return rest_.empty() ? '\0' : rest_.front(); }

  std::string_view rest_;
  bool good_ = true;
};

// Epoch seconds of midnight UTC.
std::optional<double> ReadDate(DigitReader& reader) {
  const std::chrono::year year(reader.Number(4));
  reader.One("-");
  const std::chrono::month month(static_cast<unsigned>(reader.Number(2)));
  reader.One("-");
  const std::chrono::day day(static_cast<unsigned>(reader.Number(2)));
  const std::chrono::year_month_day date(year, month, day);
  if (!reader.good() || !date.ok()) return std::nullopt;
  return static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count()) * 24 * kHour;
}

std::optional<double> ReadClock(DigitReader& reader) {
  const int hour = reader.Number(2);
  reader.One(":");
  const int minute = reader.Number(2);
  int second = 0;
  if (reader.Skip(':')) second = reader.Number(2);
  const double fraction = reader.Fraction();
  if (!reader.good() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return hour * kHour + minute * kMinute + second + fraction;
}

// Seconds east of UTC; the first colon and the seconds are optional.
std::optional<double> ReadOffset(DigitReader& reader) {
  if (reader.empty() || reader.Skip('Z')) return 0;
  const double sign = reader.One("+-") == '-' ? -1 : 1;
  const int hour = reader.Number(2);
  reader.Skip(':');
  const int minute = reader.Number(2);
  const int second = reader.Skip(':') ? reader.Number(2) : 0;
  if (!reader.good() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return sign * (hour * kHour + minute * kMinute + second);
}

}  // namespace

std::optional<double> ParseIsoTime(std::string_view text) {
  DigitReader reader(text);
  const auto date = ReadDate(reader);
  if (!date) return std::nullopt;
  reader.One("T ");
  const auto clock = ReadClock(reader);
  if (!clock) return std::nullopt;
  const auto offset = ReadOffset(reader);
  if (!offset || !reader.empty()) return std::nullopt;
  return *date + *clock - *offset;
}

}  // namespace collectors
