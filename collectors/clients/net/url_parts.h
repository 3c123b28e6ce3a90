#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace collectors {

// The parts of which a URL is made, as the readers of redis://, amqp:// and http://
// URLs need them. Views into the text that is read. What is wrong throws
// std::invalid_argument, whose text holds nothing of the URL.

// What stands before the first of the separators; `text` keeps that one and what
// follows, and is left empty where there is none.
std::string_view CutFront(std::string_view& text, std::string_view separators);

// Throws where several URLs stand in one, as Celery takes a list: URL;URL.
void RefuseUrlList(std::string_view url);

// A number from 0 to `most`, all of the text.
std::optional<int> UrlNumber(std::string_view text, int base, int most);

// With each %XX as the byte that it is.
std::string PercentDecoded(std::string_view text);

// Splits a list, such as the hosts of a DSN; returns at least one part.
std::vector<std::string> SplitList(std::string_view text, char separator);

struct UrlAddress {
  std::string host;  // An IPv6 address without its brackets; "localhost" where none is given.
  std::uint16_t port;
};
// host:port, each of which may be left out; [::1]:port.
UrlAddress ReadUrlAddress(std::string_view text, std::uint16_t default_port);

// "host:port", "[::1]:port".
std::string AddressName(const std::string& host, std::uint16_t port);

}  // namespace collectors
