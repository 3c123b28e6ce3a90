#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace collectors {

// More than a server has ever to say first.
inline constexpr std::size_t kMaxMysqlGreeting = 1024;

// The bytes before a packet's payload: its length, little-endian, and a number.
inline constexpr std::size_t kMysqlHeader = 4;
std::size_t MysqlPayloadSize(std::string_view header);

// What a server says first, as far as it decides what we answer.
struct MysqlGreeting {
  // Given: it is an error ("Too many connections"), and says no more. libmariadb
  // would hide the number where it wanted TLS first.
  unsigned refusal = 0;
  std::string text;
  bool offers_tls = false;
  // Whether it has the authentication of MySQL 4.1 and later; the older one
  // gives the password away.
  bool is_secure = false;
};

// Reads the payload of a server's first packet (MariaDB's documentation, "Initial
// Handshake Packet"; MySQL's, "Protocol::HandshakeV10"). Absent where it is none:
// libmariadb reads its parts without looking where it ends.
std::optional<MysqlGreeting> ParseMysqlGreeting(std::string_view payload);

}  // namespace collectors
