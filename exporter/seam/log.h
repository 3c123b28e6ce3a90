#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace exporter {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kLogfmt, kJson };

using LogFields = std::initializer_list<std::pair<std::string_view, std::string>>;

// The program's log: a line for each event on standard error, with a constant message and fields.
// Safe from any thread. A Secret cannot be logged.
void SetUpLog(LogLevel level, LogFormat format);
void Log(LogLevel level, std::string_view message, LogFields fields = {});

// A line without the time and the level, which spdlog adds: `msg="..." key=value` or
// `"msg":"...","key":"value"`. Bytes that are not UTF-8 are replaced, so that the line stays valid.
std::string FormatLogLine(LogFormat format, std::string_view message, LogFields fields);

}  // namespace exporter
