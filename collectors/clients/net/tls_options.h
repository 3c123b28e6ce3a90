#pragma once

#include "collectors/clients/net/tls.h"
#include "exporter/config/yaml_reader.h"

namespace collectors {

// The key `tls` of a collector whose URL may want TLS. Notes what is wrong in the
// reader, unknown keys too.
TlsOptions ReadTlsOptions(exporter::YamlReader& tls);

}  // namespace collectors
