#include "tests/support/page_check.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <stdexcept>

#include "exporter/seam/utf8.h"

namespace testing {
namespace {

using Error = std::runtime_error;

constexpr std::size_t kShownBytes = 200;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes `text` off the front.
void Take(std::string_view& rest, std::string_view text) {
  if (!rest.starts_with(text)) throw Error("no \"" + std::string(text) + "\" where it must stand");
  rest.remove_prefix(text.size());
}

std::string TakeName(std::string_view& rest, bool colons) {
  const auto in_name = [colons](char c) {
    return IsLetter(c) || IsDigit(c) || (colons && c == ':');
  };
  const auto* const end = std::find_if_not(rest.begin(), rest.end(), in_name);
  const std::string name(rest.begin(), end);
  if (name.empty() || IsDigit(name.front())) throw Error("no valid name");
  rest.remove_prefix(name.size());
  return name;
}

// The character that a backslash and `c` stand for.
char Unescaped(char c, bool quotes) {
  if (c == 'n') return '\n';
  if (c == '\\' || (quotes && c == '"')) return c;
  throw Error("an escape that the format does not know");
}

// Takes a label's value and the quotes around it.
std::string TakeValue(std::string_view& rest) {
  Take(rest, "\"");
  std::string value;
  while (!rest.starts_with('"')) {
    if (rest.empty()) throw Error("a label's value without an end");
    const bool escaped = rest.starts_with('\\');
    if (escaped && rest.size() == 1) throw Error("a backslash that escapes nothing");
    value += escaped ? Unescaped(rest[1], /*quotes=*/true) : rest[0];
    rest.remove_prefix(escaped ? 2 : 1);
  }
  rest.remove_prefix(1);
  return value;
}

std::map<std::string, std::string> TakeLabels(std::string_view& rest) {
  std::map<std::string, std::string> labels;
  if (!rest.starts_with('{')) return labels;
  do {
    rest.remove_prefix(1);  // The { or ,
    const std::string name = TakeName(rest, /*colons=*/false);
    Take(rest, "=");
    if (!labels.emplace(name, TakeValue(rest)).second) throw Error("a label twice");
  } while (rest.starts_with(','));
  Take(rest, "}");
  return labels;
}

void CheckValue(std::string_view text) {
  if (text == "NaN" || text == "+Inf" || text == "-Inf") return;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  // from_chars reads "inf" and "nan" too, in any case.
  const bool is_word = text.find_first_of("nN") != std::string_view::npos;
  if (is_word || error != std::errc() || stop != end) throw Error("a value that is no number");
}

void CheckHelp(std::string_view text) {
  for (std::size_t i = text.find('\\'); i < text.size(); i = text.find('\\', i + 2)) {
    if (i + 1 == text.size()) throw Error("a backslash that escapes nothing");
    Unescaped(text[i + 1], /*quotes=*/false);
  }
}

// Whether a family of this type may have samples of the name: family + suffix.
bool IsSuffix(std::string_view type, std::string_view suffix) {
  const bool total = suffix == "_sum" || suffix == "_count";
  if (type == "histogram") return total || suffix == "_bucket";
  return suffix.empty() || (type == "summary" && total);
}

class Checker {
 public:
  void Check(std::string_view line) {
    if (!exporter::IsUtf8(line)) throw Error("no UTF-8");
    if (!line.starts_with('#')) return CheckSample(line);
    if (line.starts_with("# HELP ")) return TakeHelp(line.substr(7));
    Take(line, "# TYPE ");
    TakeType(line);
  }

  void Finish() const {
    if (!help_for_.empty()) throw Error("a HELP without its TYPE");
  }

 private:
  void TakeHelp(std::string_view rest) {
    Finish();
    help_for_ = TakeName(rest, /*colons=*/true);
    Take(rest, " ");
    CheckHelp(rest);
  }

  void TakeType(std::string_view rest) {
    static const std::set<std::string_view> types = {"counter", "gauge", "histogram", "summary",
                                                     "untyped"};
    family_ = TakeName(rest, /*colons=*/true);
    Take(rest, " ");
    if (types.count(rest) == 0) throw Error("a type that the format does not know");
    type_ = rest;
    if (!help_for_.empty() && help_for_ != family_) throw Error("a HELP without its TYPE");
    help_for_.clear();
    if (!families_.insert(family_).second) throw Error("a family that was there before");
  }

  void CheckSample(std::string_view rest) {
    Finish();
    const std::string name = TakeName(rest, /*colons=*/true);
    const bool is_ours = !family_.empty() && name.starts_with(family_) &&
                         IsSuffix(type_, std::string_view(name).substr(family_.size()));
    if (!is_ours) throw Error("a sample outside its family");
    auto labels = TakeLabels(rest);
    Take(rest, " ");
    CheckValue(rest);
    // An empty label is no label to Prometheus.
    std::erase_if(labels, [](const auto& label) { return label.second.empty(); });
    if (!series_.emplace(name, std::move(labels)).second) throw Error("a series twice");
  }

  std::string help_for_;  // The family whose TYPE must come next, or empty.
  std::string family_;    // The one whose samples are read.
  std::string type_;
  std::set<std::string> families_;
  std::set<std::pair<std::string, std::map<std::string, std::string>>> series_;
};

}  // namespace

std::string PageProblem(std::string_view page) {
  Checker checker;
  std::string_view line;
  std::size_t number = 0;
  try {
    while (!page.empty()) {
      ++number;
      line = page.substr(0, page.find('\n'));
      page.remove_prefix(line.size());
      Take(page, "\n");
      checker.Check(line);
    }
    checker.Finish();
  } catch (const Error& error) {
    return "line " + std::to_string(number) + ": " + error.what() + ": " +
           std::string(line.substr(0, kShownBytes));
  }
  return "";
}

}  // namespace testing
