#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace collectors {

// Helpers that read the parts of redis://, amqp:// and http:// URLs. Returned views point into the
// given text. They throw std::invalid_argument for a bad URL; its text holds nothing of the URL.

// Returns the part before the first of the separators. `text` keeps that separator and the rest; it
// becomes empty if there is no separator.
std::string_view CutFront(std::string_view& text, std::string_view separators);

// Splits a list of URLs as Celery and kombu have it: URL;URL. An entry without a scheme has that of
// the first. A ';' in a password is not a separator.
std::vector<std::string> UrlList(std::string_view text);
// Throws if the text is a list of URLs.
void RefuseUrlList(std::string_view url);

// Parses all of the text as a number from 0 to `most`.
std::optional<int> UrlNumber(std::string_view text, int base, int most);

// Replaces each %XX by its byte.
std::string PercentDecoded(std::string_view text);

// Encodes any text for use as one segment of a path, or as a value.
std::string PercentEncoded(std::string_view text);

// Splits a list, such as the hosts of a DSN; returns at least one part.
std::vector<std::string> SplitList(std::string_view text, char separator);

struct UrlAddress {
  std::string host;  // An IPv6 address has no brackets. "localhost" if the URL names no host.
  std::uint16_t port;
};
// Reads host:port or [::1]:port; the host and the port are optional.
UrlAddress ReadUrlAddress(std::string_view text, std::uint16_t default_port);

// Returns "host:port" or "[::1]:port".
std::string AddressName(const std::string& host, std::uint16_t port);

}  // namespace collectors
