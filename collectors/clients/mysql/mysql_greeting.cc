#include "collectors/clients/mysql/mysql_greeting.h"

#include <algorithm>

namespace collectors {
namespace {

constexpr unsigned char kErrorPacket = 0xFF;
constexpr unsigned char kProtocol = 10;
// Between the end of the version and the capabilities: thread, scramble, filler.
constexpr std::size_t kBeforeCapabilities = 4 + 8 + 1;
// From the capabilities on: capabilities, character set, status, capabilities, length, reserved,
// and the scramble's second part.
constexpr std::size_t kFromCapabilities = 2 + 1 + 2 + 2 + 1 + 10 + 12;

constexpr unsigned kProtocol41 = 0x0200;
constexpr unsigned kTls = 0x0800;
constexpr unsigned kSecureConnection = 0x8000;

unsigned Byte(std::string_view text, std::size_t place) {
  return static_cast<unsigned char>(text[place]);
}

// Reads a number, the SQLSTATE after a '#' if the server already sends it, and a text.
std::optional<MysqlGreeting> ParseRefusal(std::string_view payload) {
  constexpr std::size_t kNumberEnd = 3;
  constexpr std::size_t kStateSize = 6;
  if (payload.size() < kNumberEnd) return std::nullopt;
  std::string_view text = payload.substr(kNumberEnd);
  if (text.starts_with('#')) text.remove_prefix(std::min(kStateSize, text.size()));
  MysqlGreeting greeting;
  greeting.refusal = Byte(payload, 1) | Byte(payload, 2) << 8;
  greeting.text = text;
  if (greeting.refusal == 0) return std::nullopt;
  return greeting;
}

}  // namespace

std::size_t MysqlPayloadSize(std::string_view header) {
  return Byte(header, 0) | Byte(header, 1) << 8 | Byte(header, 2) << 16;
}

std::optional<MysqlGreeting> ParseMysqlGreeting(std::string_view payload) {
  if (payload.empty()) return std::nullopt;
  if (Byte(payload, 0) == kErrorPacket) return ParseRefusal(payload);
  const std::size_t version_end = payload.find('\0');
  if (Byte(payload, 0) != kProtocol || version_end == std::string_view::npos) return std::nullopt;
  const std::string_view rest = payload.substr(version_end + 1);
  if (rest.size() < kBeforeCapabilities + 2) return std::nullopt;
  const unsigned flags = Byte(rest, kBeforeCapabilities) | Byte(rest, kBeforeCapabilities + 1) << 8;
  MysqlGreeting greeting;
  greeting.is_secure = (flags & kProtocol41) != 0 && (flags & kSecureConnection) != 0;
  if (greeting.is_secure && rest.size() < kBeforeCapabilities + kFromCapabilities) {
    return std::nullopt;
  }
  greeting.offers_tls = (flags & kTls) != 0;
  return greeting;
}

}  // namespace collectors
