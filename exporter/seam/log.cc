#include "exporter/seam/log.h"

#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>

namespace exporter {
namespace {

// The time is written in UTC, as in RFC 3339.
constexpr const char* kLogfmtPattern = "ts=%Y-%m-%dT%H:%M:%S.%eZ level=%l %v";
constexpr const char* kJsonPattern = R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

std::atomic<LogFormat> current_format = LogFormat::kLogfmt;

// Quoting is the same in JSON and logfmt (both follow Go's strconv.Quote).
std::string Quote(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool IsBare(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == ':' || c == '/';
  });
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  static constexpr std::array kLevels = {spdlog::level::debug, spdlog::level::info,
                                         spdlog::level::warn, spdlog::level::err};
  return kLevels.at(static_cast<std::size_t>(level));
}

}  // namespace

std::string FormatLogLine(LogFormat format, std::string_view message, LogFields fields) {
  const bool json = format == LogFormat::kJson;
  std::string line = (json ? "\"msg\":" : "msg=") + Quote(message);
  for (const auto& [key, value] : fields) {
    if (json) {
      line.append(",").append(Quote(key)).append(":").append(Quote(value));
    } else {
      line.append(" ").append(key).append("=").append(IsBare(value) ? value : Quote(value));
    }
  }
  return line;
}

void SetUpLog(LogLevel level, LogFormat format) {
  auto logger = std::make_shared<spdlog::logger>("exporter",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(ToSpdlog(level));
  logger->flush_on(spdlog::level::debug);
  logger->set_pattern(format == LogFormat::kJson ? kJsonPattern : kLogfmtPattern,
                      spdlog::pattern_time_type::utc);
  current_format = format;
  spdlog::set_default_logger(std::move(logger));
}

void Log(LogLevel level, std::string_view message, LogFields fields) {
  auto* logger = spdlog::default_logger_raw();
  if (!logger->should_log(ToSpdlog(level))) return;
  // As a string_view, not as a format: the text may contain braces.
  logger->log(ToSpdlog(level),
              spdlog::string_view_t(FormatLogLine(current_format, message, fields)));
}

}  // namespace exporter
