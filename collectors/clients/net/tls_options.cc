#include "collectors/clients/net/tls_options.h"

namespace collectors {

TlsOptions ReadTlsOptions(exporter::YamlReader& tls) {
  TlsOptions options;
  options.ca_file = tls.String("ca_file", "");
  options.cert_file = tls.String("cert_file", "");
  options.key_file = tls.String("key_file", "");
  options.server_name = tls.String("server_name", "");
  options.insecure_skip_verify = tls.Bool("insecure_skip_verify", false);
  if (options.cert_file.empty() != options.key_file.empty()) {
    tls.Problem(options.cert_file.empty() ? "key_file" : "cert_file",
                "cert_file and key_file belong together: give both");
  }
  tls.RejectUnknownKeys();
  return options;
}

}  // namespace collectors
