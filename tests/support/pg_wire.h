#pragma once

#include <cstdint>
#include <string>

namespace testing {

// What a PostgreSQL server sends, in version 3 of its protocol: a type, a length
// that counts itself, a body (PostgreSQL's documentation, "Message Formats").
inline std::string PgNumber(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

inline std::string PgMessage(char type, const std::string& body) {
  return type + PgNumber(static_cast<std::uint32_t>(body.size()) + 4) + body;
}

inline std::string PgText(const std::string& text) { return text + '\0'; }

inline std::string PgError(const std::string& severity, const std::string& state,
                           const std::string& text) {
  return PgMessage('E', PgText("S" + severity) + PgText("C" + state) + PgText("M" + text) + '\0');
}

// Ready for a statement, in no transaction.
inline std::string PgReady() { return PgMessage('Z', "I"); }

// The end of a login without a password.
inline std::string PgWelcome() {
  return PgMessage('R', PgNumber(0)) +
         PgMessage('S', PgText("server_version") + PgText("1.18.0/bouncer")) + PgReady();
}

// One column of type text.
inline std::string PgColumn(const std::string& name) {
  return PgMessage('T', std::string("\0\1", 2) + PgText(name) + std::string(6, '\0') +
                            PgNumber(25) + std::string("\xff\xff\xff\xff\xff\xff\0\0", 8));
}

inline std::string PgRow(const std::string& cell) {
  return PgMessage(
      'D', std::string("\0\1", 2) + PgNumber(static_cast<std::uint32_t>(cell.size())) + cell);
}

inline std::string PgEnd() { return PgMessage('C', PgText("SHOW")) + PgReady(); }

}  // namespace testing
