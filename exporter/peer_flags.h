#pragma once

#include <string>
#include <string_view>

namespace exporter {

// For a flag of an exporter that this one replaces: "; here it is ...". Empty for other flags. The
// flag begins with one or two dashes and has no value.
std::string PeerFlagHint(std::string_view flag);

}  // namespace exporter
