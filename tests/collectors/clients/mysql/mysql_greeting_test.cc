#include "collectors/clients/mysql/mysql_greeting.h"

#include <doctest/doctest.h>

#include <string>

namespace collectors {
namespace {

// A greeting as servers send it since MySQL 5.5. `flags` are the lower half of its capabilities.
std::string Greeting(unsigned flags) {
  std::string text = std::string("\x0A") + "8.0.36" + '\0' + "\1\2\3\4" + "scramble" + '\0';
  text += static_cast<char>(flags & 0xFF);
  text += static_cast<char>(flags >> 8);
  text += std::string("\x2D\2\0\xFF\xC1\x15", 6) + std::string(10, '\0');
  return text + "scramble-two" + '\0' + "mysql_native_password" + '\0';
}

}  // namespace

TEST_CASE("a greeting tells whether the server offers TLS") {
  CHECK(ParseMysqlGreeting(Greeting(0x8A00))->offers_tls);
  CHECK_FALSE(ParseMysqlGreeting(Greeting(0x8200))->offers_tls);
}

TEST_CASE("a server with the authentication of old is known by its greeting") {
  CHECK(ParseMysqlGreeting(Greeting(0x8200))->is_secure);
  CHECK_FALSE(ParseMysqlGreeting(Greeting(0x0200))->is_secure);
  CHECK_FALSE(ParseMysqlGreeting(Greeting(0x8000))->is_secure);
}

TEST_CASE("a greeting that refuses says why") {
  const auto greeting = ParseMysqlGreeting("\xFF\x10\x04Too many connections");
  REQUIRE(greeting.has_value());
  CHECK(greeting->refusal == 1040);
  CHECK(greeting->text == "Too many connections");
  CHECK(ParseMysqlGreeting("\xFF\x6A\x04#HY000Host is not allowed")->text == "Host is not allowed");
  CHECK(ParseMysqlGreeting("\xFF\x6A\x04#H")->text.empty());
  CHECK_FALSE(ParseMysqlGreeting("\xFF\x6A").has_value());
  CHECK_FALSE(ParseMysqlGreeting(std::string("\xFF\0\0no", 5)).has_value());
}

TEST_CASE("what ends too early, or begins otherwise, is no greeting") {
  const std::string whole = Greeting(0x8200);
  const std::size_t least = whole.find("scramble-two") + 12;
  for (std::size_t size = 0; size < least; ++size) {
    CAPTURE(size);
    CHECK_FALSE(ParseMysqlGreeting(whole.substr(0, size)).has_value());
  }
  CHECK(ParseMysqlGreeting(whole.substr(0, least)).has_value());
  CHECK_FALSE(ParseMysqlGreeting("HTTP/1.1 400 Bad Request").has_value());
  CHECK_FALSE(ParseMysqlGreeting("\x09" + whole.substr(1)).has_value());
}

TEST_CASE("a packet's size is in three bytes, the lowest first") {
  CHECK(MysqlPayloadSize(std::string("\x4A\0\0\0", 4)) == 74);
  CHECK(MysqlPayloadSize("\xFF\xFF\xFF\1") == 0xFFFFFF);
}

}  // namespace collectors
