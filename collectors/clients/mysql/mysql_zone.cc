#include "collectors/clients/mysql/mysql_zone.h"

#include <algorithm>
#include <iterator>

#include "collectors/clients/net/url_parts.h"

namespace collectors {
namespace {

constexpr std::string_view kUtc[] = {"UTC", "GMT", "Etc/UTC", "Etc/GMT", "Zulu", "Universal"};
constexpr int kMostHours = 14;
constexpr int kMostMinutes = 59;

}  // namespace

std::optional<std::chrono::seconds> MysqlZoneOffset(std::string_view zone) {
  if (std::ranges::find(kUtc, zone) != std::end(kUtc)) return std::chrono::seconds(0);
  const bool has_sign = zone.starts_with('+') || zone.starts_with('-');
  const std::size_t colon = zone.find(':');
  if (!has_sign || colon == std::string_view::npos) return std::nullopt;
  const auto hours = UrlNumber(zone.substr(1, colon - 1), 10, kMostHours);
  const auto minutes = UrlNumber(zone.substr(colon + 1), 10, kMostMinutes);
  if (!hours || !minutes) return std::nullopt;
  const std::chrono::seconds offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return zone.starts_with('-') ? -offset : offset;
}

}  // namespace collectors
