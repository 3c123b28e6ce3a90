#include "collectors/clients/net/shown_text.h"

#include <algorithm>

#include "exporter/seam/utf8.h"

namespace collectors {
namespace {

constexpr std::size_t kShownBytes = 200;

}  // namespace

std::string ShownText(std::string_view text) {
  std::string shown(text.substr(0, text.find_last_not_of(" \r\n") + 1).substr(0, kShownBytes));
  shown.resize(exporter::ValidUtf8Prefix(shown));
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return shown;
}

}  // namespace collectors
