#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "collectors/clients/http/http_endpoint.h"
#include "collectors/clients/net/tls.h"
#include "exporter/seam/collector.h"
#include "exporter/seam/secret.h"

namespace collectors {

// Which HTTP server is asked, and by whom. `password` is loaded again at each new
// connection; `user` and `password`, where given, win over the URL's.
struct HttpTarget {
  HttpEndpoint endpoint;
  std::string user;
  exporter::SecretSource password;
  std::string client_name;  // The User-Agent: "exporter:jobs".
  TlsOptions tls = {};      // Where the URL wants TLS.
};

// One connection to one HTTP/1.1 server for GETs with basic authentication (RFC
// 7617), opened when first needed, kept, and opened again after a failure. Every
// call ends by context.deadline, or throws CollectError. Over our Stream, since no
// time bounds the name lookup and the sum of the waits of cpp-httplib's client.
// Asks for no compression, follows no redirect. One thread at a time.
class HttpSession {
 public:
  explicit HttpSession(HttpTarget target);
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  // The body of the answer, at most 2 MiB, to a GET of `path`, which is encoded
  // already: "/api/queues?page=1". Throws by the status: kAuth for 401, kPermission
  // for 403, kMissing for 404, kProtocol for a redirect, kQuery for others but 200.
  std::string Get(const exporter::CollectContext& context, const std::string& path);

  // How often it has connected.
  std::uint64_t connections() const { return connections_; }
  const HttpEndpoint& endpoint() const { return target_.endpoint; }

 private:
  class Connection;
  std::string GetOnce(const exporter::CollectContext& context, const std::string& path);

  HttpTarget target_;
  std::unique_ptr<Connection> connection_;  // Null when not connected.
  std::uint64_t connections_ = 0;
};

}  // namespace collectors
