#include "collectors/clients/http/http_endpoint.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "collectors/clients/net/url_parts.h"

namespace collectors {
namespace {

constexpr std::string_view kPlain = "http://";
constexpr std::string_view kByTls = "https://";
constexpr std::uint16_t kPlainPort = 80;
constexpr std::uint16_t kTlsPort = 443;

// Cuts user[:password]@ off the front of an authority. The last @ ends it, so a password may
// contain an unencoded @.
void CutUser(std::string_view& authority, HttpEndpoint& endpoint) {
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return;
  std::string_view password = authority.substr(0, at);
  endpoint.user = PercentDecoded(CutFront(password, ":"));
  if (!password.empty()) endpoint.password = exporter::Secret(PercentDecoded(password.substr(1)));
  authority.remove_prefix(at + 1);
}

}  // namespace

HttpEndpoint ParseHttpUrl(std::string_view url) {
  HttpEndpoint endpoint;
  endpoint.tls = url.starts_with(kByTls);
  if (!endpoint.tls && !url.starts_with(kPlain)) {
    throw std::invalid_argument("the URL must begin with http:// or https://");
  }
  url.remove_prefix(endpoint.tls ? kByTls.size() : kPlain.size());
  std::string_view authority = CutFront(url, "/?#");
  CutUser(authority, endpoint);
  UrlAddress address = ReadUrlAddress(authority, endpoint.tls ? kTlsPort : kPlainPort);
  endpoint.host = std::move(address.host);
  endpoint.port = address.port;
  const std::string_view path = CutFront(url, "?#");
  if (!url.empty()) throw std::invalid_argument("the URL must end with its path: no ? and no #");
  const bool is_printable = std::ranges::all_of(path, [](char c) { return c > ' ' && c < 127; });
  if (!is_printable) throw std::invalid_argument("the URL's path must be percent-encoded");
  endpoint.path = path.substr(0, path.find_last_not_of('/') + 1);
  return endpoint;
}

std::string HttpEndpoint::Name() const { return AddressName(host, port); }

}  // namespace collectors
