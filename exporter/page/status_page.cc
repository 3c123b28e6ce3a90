#include "exporter/page/status_page.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string_view>

namespace exporter {
namespace {

using nlohmann::json;

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>exporter</title><style>
body{{font-family:system-ui,sans-serif;margin:2em}}
table{{border-collapse:collapse}}
th,td{{text-align:left;vertical-align:top;padding:.3em 1em .3em 0;border-bottom:1px solid #ccc}}
.down{{color:#b00020}}
</style></head><body><h1>exporter {}</h1>
<p><a href="{}">Metrics</a> · <a href="/api/v1/status">Status as JSON</a></p>
<table><tr><th>Collector</th><th>Type</th><th>State</th><th>Last success</th><th>Took</th>
<th>Series</th><th>Last errors</th></tr>
)";

std::string Escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string_view State(const CollectorHealth& health) {
  if (!health.finished) return "starting";
  if (!health.up) return "down";
  return health.failed_parts == 0 ? "up" : "up, parts failed";
}

std::string ErrorLines(const CollectorHealth& health) {
  std::string lines;
  for (const CollectError& error : health.last_errors) {
    lines += fmt::format(
        "{}{}{}: {}", lines.empty() ? "" : "<br>", Escape(error.part()),
        error.part().empty() ? Name(error.kind()) : fmt::format(" ({})", Name(error.kind())),
        Escape(error.what()));
  }
  return lines;
}

std::string Age(double unix_seconds, double now_unix) {
  return unix_seconds > 0 ? fmt::format("{:.0f} s ago", now_unix - unix_seconds) : "never";
}

json ToJson(const CollectorHealth& health) {
  json cut = json::array();
  for (const CutFamily& family : health.cut.families)
    cut.push_back({{"family", family.name}, {"kept", family.kept}, {"had", family.had}});
  json errors = json::array();
  for (const CollectError& error : health.last_errors)
    errors.push_back(
        {{"part", error.part()}, {"reason", Name(error.kind())}, {"message", error.what()}});
  return {{"name", health.name},
          {"type", health.type},
          {"state", State(health)},
          {"up", health.up},
          {"failed_parts", health.failed_parts},
          {"last_success_timestamp_seconds", health.last_success_unix},
          {"duration_seconds", health.duration_seconds},
          {"series", health.series},
          {"cut_by_max_series", std::move(cut)},
          {"last_errors", std::move(errors)}};
}

}  // namespace

std::string RenderStatusHtml(const std::vector<CollectorHealth>& collectors, double now_unix,
                             const std::string& version, const std::string& telemetry_path) {
  std::string page = fmt::format(kHead, Escape(version), Escape(telemetry_path));
  for (const CollectorHealth& health : collectors) {
    page += fmt::format(
        "<tr><td>{}</td><td>{}</td><td{}>{}</td><td>{}</td><td>{:.3f} s</td><td>{}</td>"
        "<td>{}</td></tr>\n",
        Escape(health.name), Escape(health.type), health.up ? "" : " class=\"down\"", State(health),
        Age(health.last_success_unix, now_unix), health.duration_seconds, health.series,
        ErrorLines(health));
  }
  return page + "</table></body></html>\n";
}

std::string RenderStatusJson(const std::vector<CollectorHealth>& collectors,
                             const std::string& version) {
  json listed = json::array();
  for (const CollectorHealth& health : collectors) listed.push_back(ToJson(health));
  const json status = {{"version", version}, {"collectors", std::move(listed)}};
  // A server's text need not be UTF-8; the answer must be.
  return status.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace exporter
