#pragma once

#include "collectors/clients/tls.h"
#include "exporter/yaml_reader.h"

namespace collectors {

// The key `tls` of a collector whose URL may want TLS. Notes what is wrong in the
// reader, unknown keys too.
TlsOptions ReadTlsOptions(exporter::YamlReader& tls);

}  // namespace collectors
