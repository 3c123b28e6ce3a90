#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace exporter {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kLogfmt, kJson };

using LogFields = std::initializer_list<std::pair<std::string_view, std::string>>;

// The program's log: one line an event on standard error, with a message that
// never changes and fields that do. Safe from any thread. A Secret has no way in.
void SetUpLog(LogLevel level, LogFormat format);
void Log(LogLevel level, std::string_view message, LogFields fields = {});

// The fields of a line, without the time and the level, which spdlog adds:
// `msg="..." key=value` or `"msg":"...","key":"value"`. Text that is not UTF-8
// has its bad bytes replaced, so that the line stays valid.
std::string FormatLogLine(LogFormat format, std::string_view message, LogFields fields);

}  // namespace exporter
