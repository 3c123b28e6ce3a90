#include "collectors/celery/wire/exception_class.h"

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace collectors {
namespace {

constexpr std::size_t kMaxException = 200;
constexpr std::size_t kMaxName = 1024;
// billiard.einfo wraps the pool's exceptions in this class; its repr() does not name theirs.
constexpr std::string_view kWrapper = "ExceptionWithTraceback";

bool BelongsToClassName(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalnum(byte) != 0 || c == '_' || c == '.';
}

// The start of the text that may be a class's name; empty if it is too long for one.
std::string_view NameAt(std::string_view text) {
  const std::string_view start = text.substr(0, kMaxException + 1);
  const auto* const end = std::find_if_not(start.begin(), start.end(), BelongsToClassName);
  const auto size = static_cast<std::size_t>(end - start.begin());
  return size > kMaxException ? std::string_view() : start.substr(0, size);
}

// Behind the next line break, which JSON writes as \n.
std::size_t NextLine(std::string_view json, std::size_t from) {
  for (std::size_t at = json.find('\\', from); at < json.size(); at = json.find('\\', at + 2)) {
    if (json.substr(at + 1).starts_with('n')) return at + 2;
  }
  return json.size();
}

}  // namespace

std::string_view ClassOfRepr(std::string_view repr) {
  const std::string_view name = NameAt(repr);
  const bool is_class = !name.empty() && repr.substr(name.size()).starts_with('(');
  return is_class ? name : kUnknownException;
}

std::string_view NameOfUnregistered(std::string_view repr) {
  constexpr std::string_view kBefore = "NotRegistered('";
  if (!repr.starts_with(kBefore)) return {};
  const std::string_view rest = repr.substr(kBefore.size(), kMaxName + 1);
  const std::size_t end = rest.find_first_of("'\\");
  return end == rest.npos || rest[end] != '\'' ? std::string_view() : rest.substr(0, end);
}

bool HidesClass(std::string_view exception) {
  return exception == kUnknownException || exception == kWrapper;
}

// A message may have several lines, so the last line need not be the right one. The exception
// stands behind the last frame; the lines of a frame are indented.
std::string_view ClassByTraceback(std::string_view json) {
  std::size_t line = json.rfind("\\n  File ");
  if (line == json.npos) return {};
  do {
    line = NextLine(json, line);
  } while (json.substr(line).starts_with(' '));
  const std::string_view rest = json.substr(line);
  const std::string_view name = NameAt(rest);
  const std::string_view after = rest.substr(name.size(), 1);
  const bool is_class = after == ":" || after == "\\" || after == "\"";
  return is_class ? name : std::string_view();
}

std::string_view BareClass(std::string_view name) { return name.substr(name.rfind('.') + 1); }

}  // namespace collectors
