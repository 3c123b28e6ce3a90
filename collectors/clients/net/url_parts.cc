#include "collectors/clients/net/url_parts.h"

#include <charconv>
#include <stdexcept>

namespace collectors {
namespace {

// The characters that need no encoding (RFC 3986, 2.3).
constexpr std::string_view kUnreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

bool BeginsWithScheme(std::string_view text) {
  const std::size_t end = text.find("://");
  return end != std::string_view::npos && text.substr(0, end).find_first_of("@/;?:") > end;
}

// Whether a ';' between the two is a separator, and not part of a password: an entry without a
// scheme is "host" or "user:password@host".
bool EndsUrl(std::string_view url, std::string_view next) {
  if (BeginsWithScheme(next)) return true;
  const std::size_t at = next.find('@');
  if (at == std::string_view::npos) return true;
  return url.find('@') != std::string_view::npos && next.find(':') < at;
}

std::string Whole(std::string_view url, std::string_view scheme) {
  return BeginsWithScheme(url) ? std::string(url) : std::string(scheme) + std::string(url);
}

}  // namespace

std::string_view CutFront(std::string_view& text, std::string_view separators) {
  const std::size_t end = text.find_first_of(separators);
  const std::string_view front = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  return front;
}

std::vector<std::string> UrlList(std::string_view text) {
  const std::size_t colon = text.find("://");
  const std::string_view scheme = text.substr(0, colon == std::string_view::npos ? 0 : colon + 3);
  std::vector<std::string> urls;
  std::size_t start = 0;
  for (std::size_t at = text.find(';'); at != std::string_view::npos; at = text.find(';', at + 1)) {
    if (!EndsUrl(text.substr(start, at - start), text.substr(at + 1))) continue;
    urls.push_back(Whole(text.substr(start, at - start), scheme));
    start = at + 1;
  }
  urls.push_back(Whole(text.substr(start), scheme));
  return urls;
}

void RefuseUrlList(std::string_view url) {
  const std::size_t next = url.find(';');
  if (next == std::string_view::npos || url.find("://", next) == std::string_view::npos) return;
  throw std::invalid_argument(
      "the URL is a list: name one, and the others in entries of their own");
}

std::optional<int> UrlNumber(std::string_view text, int base, int most) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stop != end || value < 0 || value > most) return std::nullopt;
  return value;
}

std::string PercentDecoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    const std::optional<int> byte =
        i + 2 < text.size() ? UrlNumber(text.substr(i + 1, 2), 16, 255) : std::nullopt;
    if (!byte) {
      throw std::invalid_argument("a % in the URL is not followed by two hexadecimal digits");
    }
    result += static_cast<char>(*byte);
    i += 2;
  }
  return result;
}

std::string PercentEncoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += kDigits[byte >> 4];
    result += kDigits[byte & 15];
  }
  return result;
}

std::vector<std::string> SplitList(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(separator, start), text.size());
    parts.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

UrlAddress ReadUrlAddress(std::string_view text, std::uint16_t default_port) {
  UrlAddress address{"", default_port};
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) {
      throw std::invalid_argument("the URL's IPv6 address has no closing bracket");
    }
    address.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
  } else {
    address.host = PercentDecoded(CutFront(text, ":"));
  }
  if (address.host.empty()) address.host = "localhost";
  if (text.empty()) return address;
  const std::optional<int> port =
      text[0] == ':' ? UrlNumber(text.substr(1), 10, 65535) : std::nullopt;
  if (!port || *port == 0) {
    throw std::invalid_argument("the port in the URL must be a number from 1 to 65535");
  }
  address.port = static_cast<std::uint16_t>(*port);
  return address;
}

std::string AddressName(const std::string& host, std::uint16_t port) {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace collectors
