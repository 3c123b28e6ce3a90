#pragma once

#include "collectors/clients/net/tls.h"
#include "exporter/config/yaml_reader.h"

namespace collectors {

// Reads the key `tls` of a collector whose URL may use TLS. Adds problems to the reader, unknown
// keys included.
TlsOptions ReadTlsOptions(exporter::YamlReader& tls);

}  // namespace collectors
