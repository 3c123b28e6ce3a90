#pragma once

#include <cstddef>
#include <string>

namespace collectors::mysql_wire {

// What a MySQL server sends, for the scripts of FakeServer.

// MySQL's wire format: a length of three bytes, the lowest first, a number, and a
// payload (documentation, "MySQL Packets").
inline std::string Packet(std::size_t number, const std::string& payload) {
  const std::size_t size = payload.size();
  return std::string{static_cast<char>(size), static_cast<char>(size >> 8),
                     static_cast<char>(size >> 16), static_cast<char>(number)} +
         payload;
}

inline std::string Text(const std::string& text) { return text + '\0'; }

// Flags: the MySQL of today, with a database in the client's answer, and TLS or not.
inline constexpr unsigned kPlain = 0x8209;
inline constexpr unsigned kWithTls = 0x8A09;
inline constexpr unsigned kOfOld = 0x0209;

inline std::string Greeting(unsigned flags = kPlain,
                            const std::string& authentication = "mysql_native_password") {
  std::string text = Text(
                         "\x0A"
                         "8.0.36") +
                     "\1\2\3\4" + Text("scramble");
  text += static_cast<char>(flags & 0xFF);
  text += static_cast<char>(flags >> 8);
  text += std::string("\x2D\2\0\x08\0\x15", 6) + std::string(10, '\0');
  return Packet(0, text + Text("scramble-two") + Text(authentication));
}

inline std::string Ok(std::size_t number) {
  return Packet(number, std::string("\0\0\0\2\0\0\0", 7));
}

inline std::string Error(std::size_t number, unsigned error) {
  return Packet(number, std::string("\xFF") + static_cast<char>(error) +
                            static_cast<char>(error >> 8) + "#HY000no");
}

inline std::string End(std::size_t number) {
  return Packet(number, std::string("\xFE\0\0\2\0", 5));
}

inline std::string Column(std::size_t number, const std::string& name = "a") {
  return Packet(number, "\3def" + std::string("\0\0\0", 3) + static_cast<char>(name.size()) + name +
                            std::string("\0\x0C\x2D\0\4\0\0\0\xFD\0\0\0\0\0", 14));
}

inline std::string RowOf(std::size_t number, const std::string& cell) {
  return Packet(number, static_cast<char>(cell.size()) + cell);
}

}  // namespace collectors::mysql_wire
