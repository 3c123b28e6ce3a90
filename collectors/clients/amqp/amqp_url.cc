#include "collectors/clients/amqp/amqp_url.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "collectors/clients/net/url_parameters.h"
#include "collectors/clients/net/url_parts.h"
#include "collectors/clients/net/url_tls.h"

namespace collectors {
namespace {

// The protocol has one byte for the length of a virtual host.
constexpr std::size_t kMostVhostBytes = 255;
constexpr std::size_t kMostServers = 20;

struct Scheme {
  std::string_view prefix;
  std::uint16_t port;
  bool tls;
};
constexpr Scheme kSchemes[] = {
    {"amqp://", 5672, false},
    {"amqps://", 5671, true},
    {"pyamqp://", 5672, false},
    {"librabbitmq://", 5672, false},
};

const Scheme& SchemeOf(std::string_view url) {
  for (const Scheme& scheme : kSchemes) {
    if (url.starts_with(scheme.prefix)) return scheme;
  }
  throw std::invalid_argument("a RabbitMQ URL must begin with amqp:// or amqps://");
}

// An empty part keeps its default, as in kombu.
void ReadUserInfo(std::string_view info, AmqpEndpoint& endpoint) {
  const std::size_t colon = info.find(':');
  if (std::string user = PercentDecoded(info.substr(0, colon)); !user.empty()) {
    endpoint.user = std::move(user);
  }
  if (colon == std::string_view::npos) return;
  if (std::string password = PercentDecoded(info.substr(colon + 1)); !password.empty()) {
    endpoint.password = exporter::Secret(std::move(password));
  }
}

constexpr RefusedParameter kRefused[] = {
    {"auth_mechanism", "the exporter logs in by user and password (PLAIN)"},
    {"capath", "cacertfile names the authorities in one PEM file"},
};
// What a misspelt parameter may have been meant as.
constexpr std::string_view kWeighty[] = {"cacertfile", "certfile", "keyfile", "verify",
                                         "ssl_cert_reqs"};

void ReadQuery(std::string_view query, AmqpEndpoint& endpoint) {
  UrlTls tls;
  for (const UrlParameter& one : UrlParameters(query)) {
    if (PlainName(one.name) == "auth_mechanism" && PlainName(one.value) == "plain") continue;
    if (ReadTlsParameter(one.name, PercentDecoded(one.value), tls)) continue;
    DropParameter(one.name, kWeighty, kRefused, endpoint.dropped);
  }
  FinishTls(tls);
  endpoint.tls = endpoint.tls || tls.wanted;
  endpoint.tls_options = std::move(tls.options);
}

AmqpEndpoint ParseOne(std::string_view url) {
  const Scheme& scheme = SchemeOf(url);
  url.remove_prefix(scheme.prefix.size());
  AmqpEndpoint endpoint;
  endpoint.tls = scheme.tls;
  std::string_view authority = CutFront(url, "/?#");
  // The last @ ends the user part, so a password may contain an unencoded @.
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    ReadUserInfo(authority.substr(0, at), endpoint);
    authority.remove_prefix(at + 1);
  }
  UrlAddress address = ReadUrlAddress(authority, scheme.port);
  endpoint.host = std::move(address.host);
  endpoint.port = address.port;
  const std::string_view path = CutFront(url, "?#");
  // With an unencoded / in the user or password, the part after it would become the virtual host,
  // and servers repeat an unknown virtual host in their errors.
  if (path.find('@') != std::string_view::npos) {
    throw std::invalid_argument(
        "a / in the user or password of a URL is written %2F, and an @ in a virtual host %40");
  }
  if (path.size() > 1) endpoint.vhost = PercentDecoded(path.substr(1));
  if (endpoint.vhost.size() > kMostVhostBytes) {
    throw std::invalid_argument("the URL's virtual host is longer than 255 bytes");
  }
  url = url.substr(0, url.find('#'));
  ReadQuery(url.substr(std::min<std::size_t>(1, url.size())), endpoint);
  return endpoint;
}

}  // namespace

std::vector<AmqpEndpoint> ParseAmqpUrls(std::string_view urls) {
  std::vector<AmqpEndpoint> endpoints;
  for (const std::string& url : UrlList(urls)) endpoints.push_back(ParseOne(url));
  if (endpoints.size() > kMostServers) {
    throw std::invalid_argument("the URL's list has more than 20 servers");
  }
  return endpoints;
}

std::vector<std::string> AmqpDropped(const std::vector<AmqpEndpoint>& endpoints) {
  std::vector<std::string> names;
  for (const AmqpEndpoint& endpoint : endpoints) {
    names.insert(names.end(), endpoint.dropped.begin(), endpoint.dropped.end());
  }
  return names;
}

std::string AmqpEndpoint::Name() const { return AddressName(host, port); }

}  // namespace collectors
