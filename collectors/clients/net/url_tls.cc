#include "collectors/clients/net/url_tls.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "collectors/clients/net/url_parameters.h"

namespace collectors {
namespace {

struct TextRow {
  std::string_view name;
  std::string TlsOptions::*field;
};
constexpr TextRow kTexts[] = {
    {"ssl_ca_certs", &TlsOptions::ca_file}, {"cacertfile", &TlsOptions::ca_file},
    {"cafile", &TlsOptions::ca_file},       {"ssl_certfile", &TlsOptions::cert_file},
    {"certfile", &TlsOptions::cert_file},   {"ssl_keyfile", &TlsOptions::key_file},
    {"keyfile", &TlsOptions::key_file},     {"server_name_indication", &TlsOptions::server_name},
};

// How much of the server's certificate is checked.
enum class Check { kAll, kAuthority, kNothing };

struct CheckRow {
  std::string_view name;
  std::string_view value;  // Both as PlainName() returns them.
  Check check;
};
constexpr CheckRow kChecks[] = {
    {"ssl_cert_reqs", "required", Check::kAll},
    {"ssl_cert_reqs", "optional", Check::kAll},
    {"ssl_cert_reqs", "none", Check::kNothing},
    {"ssl_cert_reqs", "cert_required", Check::kAll},
    {"ssl_cert_reqs", "cert_optional", Check::kAll},
    {"ssl_cert_reqs", "cert_none", Check::kNothing},
    {"ssl_check_hostname", "true", Check::kAll},
    {"ssl_check_hostname", "false", Check::kAuthority},
    {"verify", "verify_peer", Check::kAll},
    {"verify", "verify_none", Check::kNothing},
    {"no_verify_ssl", "0", Check::kAll},
    {"no_verify_ssl", "1", Check::kNothing},
    {"verifypeer", "full", Check::kAll},
    {"verifypeer", "true", Check::kAll},
    {"verifypeer", "ca", Check::kAuthority},
    {"verifypeer", "none", Check::kNothing},
    {"verifypeer", "false", Check::kNothing},
    {"skip_verify", "false", Check::kAll},
    {"skip_verify", "true", Check::kNothing},
};

constexpr std::string_view kSwitches[] = {"ssl", "tls"};
constexpr std::string_view kOn[] = {"true", "1"};
constexpr std::string_view kOff[] = {"false", "0"};

bool Holds(auto& range, std::string_view value) {
  return std::ranges::find(range, value) != std::end(range);
}

[[noreturn]] void RefuseValue(std::string_view name, const std::string& values) {
  throw std::invalid_argument("the value of the URL's parameter " + std::string(name) +
                              " must be one of " + values);
}

bool ReadSwitch(std::string_view name, const std::string& plain, UrlTls& tls) {
  if (!Holds(kSwitches, PlainName(name))) return false;
  if (!Holds(kOn, plain) && !Holds(kOff, plain)) RefuseValue(name, "true, false");
  tls.wanted = tls.wanted || Holds(kOn, plain);
  return true;
}

bool ReadCheck(std::string_view name, const std::string& plain, UrlTls& tls) {
  std::string values;
  for (const CheckRow& row : kChecks) {
    if (row.name != PlainName(name)) continue;
    values += (values.empty() ? "" : ", ") + std::string(row.value);
    if (row.value != plain) continue;
    tls.wanted = true;
    if (row.check == Check::kAuthority) tls.options.skip_host_check = true;
    if (row.check == Check::kNothing) tls.options.insecure_skip_verify = true;
    return true;
  }
  if (!values.empty()) RefuseValue(name, values);
  return false;
}

}  // namespace

bool ReadTlsParameter(std::string_view name, std::string_view value, UrlTls& tls) {
  const auto* const text = std::ranges::find(kTexts, PlainName(name), &TextRow::name);
  if (text != std::end(kTexts)) {
    tls.options.*(text->field) = value;
    tls.wanted = true;
    return true;
  }
  const std::string plain = PlainName(value);
  return ReadSwitch(name, plain, tls) || ReadCheck(name, plain, tls);
}

void FinishTls(UrlTls& tls) {
  TlsOptions& options = tls.options;
  if (options.cert_file.empty() && !options.key_file.empty()) {
    throw std::invalid_argument("the URL names the key of a certificate, but no certificate");
  }
  if (options.key_file.empty()) options.key_file = options.cert_file;
}

TlsOptions WithUrl(TlsOptions own, const TlsOptions& of_url) {
  if (own.ca_file.empty()) own.ca_file = of_url.ca_file;
  if (own.cert_file.empty()) {
    own.cert_file = of_url.cert_file;
    own.key_file = of_url.key_file;
  }
  if (own.server_name.empty()) own.server_name = of_url.server_name;
  own.insecure_skip_verify = own.insecure_skip_verify || of_url.insecure_skip_verify;
  own.skip_host_check = own.skip_host_check || of_url.skip_host_check;
  return own;
}

}  // namespace collectors
