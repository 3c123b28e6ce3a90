#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace collectors {

// More than any server sends in its greeting.
inline constexpr std::size_t kMaxMysqlGreeting = 1024;

// The bytes before a packet's payload: its length, little-endian, and a sequence number.
inline constexpr std::size_t kMysqlHeader = 4;
std::size_t MysqlPayloadSize(std::string_view header);

// The parts of a server's greeting that decide our answer.
struct MysqlGreeting {
  // If not 0, the greeting is only an error ("Too many connections"). libmariadb would hide the
  // number if it required TLS first.
  unsigned refusal = 0;
  std::string text;
  bool offers_tls = false;
  // Whether it supports the authentication of MySQL 4.1 and later; the older one reveals the
  // password.
  bool is_secure = false;
};

// Reads the payload of a server's first packet (MariaDB's documentation, "Initial Handshake
// Packet"; MySQL's, "Protocol::HandshakeV10"). Returns nothing if it is not valid: libmariadb reads
// the parts without checking where the payload ends.
std::optional<MysqlGreeting> ParseMysqlGreeting(std::string_view payload);

}  // namespace collectors
