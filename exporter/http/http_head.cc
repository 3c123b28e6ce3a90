#include "exporter/http/http_head.h"

#include <strings.h>

#include <algorithm>

namespace exporter {
namespace {

constexpr std::string_view kSchemes[] = {"http://", "https://"};

// The length of scheme and host at the beginning of a target; 0 if it has none.
std::size_t AuthoritySize(std::string_view target) {
  for (const std::string_view scheme : kSchemes) {
    if (target.size() < scheme.size() ||
        ::strncasecmp(target.data(), scheme.data(), scheme.size()) != 0)
      continue;
    return std::min(target.find_first_of("/?# ", scheme.size()), target.size());
  }
  return 0;
}

}  // namespace

bool HasHiddenField(std::string_view head) {
  for (std::size_t line = head.find("\r\n"); line + 2 < head.size();
       line = head.find("\r\n", line + 2)) {
    const std::string_view field = head.substr(line + 2, head.find("\r\n", line + 2) - line - 2);
    const std::size_t blank = field.find_first_of(" \t");
    if (field.empty()) return false;  // The end of the head.
    if (blank < field.find(':')) return true;
  }
  return false;
}

std::string_view PathOf(std::string_view head) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const std::size_t begin = line.find(' ');
  if (begin == std::string_view::npos) return {};
  return line.substr(begin + 1, line.find_first_of(" ?", begin + 1) - begin - 1);
}

void MakeOriginForm(std::string& head) {
  const std::size_t line_end = std::min(head.find("\r\n"), head.size());
  const std::size_t begin = head.find(' ') + 1;
  if (begin == 0 || begin >= line_end) return;
  const std::string_view target = std::string_view(head).substr(begin, line_end - begin);
  std::size_t size = AuthoritySize(target);
  if (size == 0) return;
  if (!target.substr(size).starts_with('/')) head[begin + --size] = '/';
  head.erase(begin, size);
}

void DropEmptyLines(std::string& received) {
  constexpr std::string_view kEmptyLine = "\r\n";
  std::size_t size = 0;
  while (received.compare(size, kEmptyLine.size(), kEmptyLine) == 0) size += kEmptyLine.size();
  received.erase(0, size);
}

}  // namespace exporter
