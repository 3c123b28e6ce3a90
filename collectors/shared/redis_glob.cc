#include "collectors/shared/redis_glob.h"

namespace collectors {

std::string EscapedGlob(std::string_view text) {
  std::string glob;
  for (const char c : text) {
    if (std::string_view("*?[]\\^-").find(c) != std::string_view::npos) glob += '\\';
    glob += c;
  }
  return glob;
}

}  // namespace collectors
