#include "exporter/config/yaml_document.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "exporter/seam/utf8.h"

namespace exporter {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

struct Place {
  int line;
  int column;
};

Place PlaceOf(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0.
  return {static_cast<int>(line) + 1, static_cast<int>(offset - line_start) + 1};
}

std::string_view LineAt(std::string_view text, int line) {
  for (int i = 0; i < line && !text.empty(); ++i) {
    text.remove_prefix(std::min(text.size(), text.find('\n') + 1));
  }
  return text.substr(0, text.find('\n'));
}

bool IsForbidden(std::string_view text, std::size_t at) {
  const auto c = static_cast<unsigned char>(text[at]);
  if (c == '\r') return at + 1 >= text.size() || text[at + 1] != '\n';
  return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
}

// Notes bytes that no text has.
bool IsText(std::string_view text, std::vector<ConfigProblem>& problems) {
  if (text.size() > kMaxYamlBytes) {
    problems.push_back({0, 0, "the file is larger than 1 MiB"});
    return false;
  }
  const auto note = [&](std::size_t at, std::string message) {
    const Place place = PlaceOf(text, at);
    problems.push_back({place.line, place.column, std::move(message)});
    return false;
  };
  if (const std::size_t valid = ValidUtf8Prefix(text); valid < text.size()) {
    return note(valid, "the file is no valid UTF-8 from here on; save it as UTF-8");
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (IsForbidden(text, at)) {
      return note(at, fmt::format("a control character (byte 0x{:02x}) may not stand in the file",
                                  static_cast<unsigned char>(text[at])));
    }
  }
  return true;
}

// The position after the closing quote of the text that begins at `start`; npos if it is never
// closed.
std::size_t EndOfQuoted(std::string_view text, std::size_t start) {
  const char quote = text[start];
  for (std::size_t at = start + 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || at + 1 >= text.size() || text[at + 1] != '\'') return at + 1;
      ++at;
    }
  }
  return std::string_view::npos;
}

// Checks each event of the parser before a tree is made.
class Checker : public YAML::EventHandler {
 public:
  Checker(std::string_view text, std::vector<ConfigProblem>& problems)
      : text_(text), problems_(problems) {}

  // Whether the tree would be endless or too large, or its meaning would surprise.
  bool unusable() const { return unusable_; }
  int documents() const { return documents_; }
  // The line on which the last quoted text of several lines ended, and on which it began.
  std::optional<std::pair<int, Place>> last_long_quote() const { return last_long_quote_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) {
      first_document_ = mark.pos;
    } else if (mark.pos == first_document_) {
      Note(mark, "no valid YAML: nothing can begin with this character");
      unusable_ = true;
    } else {
      Note(mark,
           "a second document begins here; indent this line like the ones above, or take the --- "
           "out");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (TakesKey()) Note(mark, "a key is missing before the colon");
    Count(mark, 1);
    if (anchor != YAML::NullAnchor) sizes_[anchor] = 1;
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (TakesKey()) Note(mark, "an alias cannot be a key");
    const auto size = sizes_.find(anchor);
    if (size == sizes_.end()) {
      Note(mark, "an alias stands inside the value that it stands for");
      unusable_ = true;
      return;
    }
    Count(mark, size->second);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    CheckTag(mark, tag);
    CheckQuote(mark);
    if (TakesKey()) CheckKey(mark, value);
    Count(mark, 1);
    if (anchor != YAML::NullAnchor) sizes_[anchor] = 1;
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Begin(mark, tag, anchor, /*map=*/false);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Begin(mark, tag, anchor, /*map=*/true);
  }
  void OnSequenceEnd() override { End(); }
  void OnMapEnd() override { End(); }

 private:
  // An open list or mapping.
  struct Frame {
    bool map;
    bool key_next;
    YAML::anchor_t anchor;
    std::size_t values_before;
    std::map<std::string, int> keys;  // Their lines.
  };

  void Note(const YAML::Mark& mark, std::string message) {
    problems_.push_back({mark.line + 1, mark.column + 1, std::move(message)});
  }

  // Whether the node that begins now is a key of a mapping. Switches between key and value.
  bool TakesKey() {
    if (frames_.empty() || !frames_.back().map) return false;
    frames_.back().key_next = !frames_.back().key_next;
    return !frames_.back().key_next;
  }

  void Begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool map) {
    CheckTag(mark, tag);
    if (TakesKey()) Note(mark, "a key must be one word; write {{ }} in quotes");
    Count(mark, 1);
    frames_.push_back({map, true, anchor, values_ - 1, {}});
    if (frames_.size() == kMaxYamlDepth + 1) {
      Note(mark, fmt::format("more than {} levels within each other", kMaxYamlDepth));
      unusable_ = true;
    }
  }

  void End() {
    const Frame& frame = frames_.back();
    if (frame.anchor != YAML::NullAnchor) sizes_[frame.anchor] = values_ - frame.values_before;
    frames_.pop_back();
  }

  void Count(const YAML::Mark& mark, std::size_t values) {
    const bool before = values_ > kMaxYamlValues;
    values_ += std::min(values, kMaxYamlValues + 1);
    if (before || values_ <= kMaxYamlValues) return;
    Note(mark, fmt::format("more than {} values, aliases counted with what they stand for",
                           kMaxYamlValues));
    unusable_ = true;
  }

  void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    Note(mark, "a tag (!) has no meaning here; put a text that begins with ! in quotes");
  }

  void CheckKey(const YAML::Mark& mark, const std::string& key) {
    if (key == "<<") {
      Note(mark, "merge keys (<<) are not supported; repeat the keys");
      return;
    }
    const auto [first, added] = frames_.back().keys.emplace(key, mark.line + 1);
    if (added) return;
    Note(mark,
         fmt::format("key {} is given twice; the first is in line {}", Quoted(key), first->second));
  }

  void CheckQuote(const YAML::Mark& mark) {
    auto start = static_cast<std::size_t>(mark.pos);
    if (start < text_.size() && text_[start] == '&') {
      start = text_.find_first_not_of(" \t", text_.find_first_of(" \t\n", start));
    }
    if (start >= text_.size() || (text_[start] != '"' && text_[start] != '\'')) return;
    const std::size_t end = EndOfQuoted(text_, start);
    if (end == std::string_view::npos) {
      Note(mark, fmt::format("the quote {} that begins here is never closed", text_[start]));
      unusable_ = true;  // The rest of the file would be part of it.
      return;
    }
    const int end_line = PlaceOf(text_.substr(start), end - start).line + mark.line;
    if (end_line > mark.line + 1) {
      last_long_quote_ = {end_line, {mark.line + 1, mark.column + 1}};
    }
  }

  std::string_view text_;
  std::vector<ConfigProblem>& problems_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, std::size_t> sizes_;  // Values under a closed anchor.
  std::size_t values_ = 0;
  int documents_ = 0;
  int first_document_ = 0;  // The line on which it begins.
  bool unusable_ = false;
  std::optional<std::pair<int, Place>> last_long_quote_;
};

// yaml-cpp's message, and a better one.
struct Hint {
  std::string_view said;
  std::string_view hint;
};
constexpr std::array<Hint, 12> kHints = {{
    {"illegal tab", "indent with spaces, not with tabs"},
    {"illegal map value",
     "a colon is not expected here; check the indentation, and put a text that holds \": \" in "
     "quotes"},
    {"end of map flow", "a { is not closed, or a comma is missing"},
    {"end of sequence flow", "a [ is not closed, or a comma is missing"},
    {"end of map not",
     "this line does not belong to the keys above; check the indentation, and "
     "for text after a closing quote"},
    {"end of sequence not", "this line does not belong to the list above; check the indentation"},
    {"unknown token", "a text that begins with @, ` or % must be in quotes"},
    {"illegal block entry", "an entry of a list (\"- \") must begin on a line of its own"},
    {"illegal flow end",
     "a text that begins with } or ] must be in quotes, or a bracket is closed "
     "twice"},
    {"referenced anchor",
     "no anchor (&) of this name stands above; a text that begins with * must "
     "be in quotes"},
    {"unknown escape",
     "this escape does not exist; write \\\\ for a backslash, or use single "
     "quotes"},
    {"illegal EOF", "the quote that begins here is never closed"},
}};

std::string SyntaxMessage(const YAML::ParserException& error, std::string_view text,
                          const Checker& checker) {
  const int line = error.mark.line + 1;
  const std::string_view written = LineAt(text, error.mark.line);
  if (const auto quote = checker.last_long_quote(); quote && quote->first == line) {
    return fmt::format("no valid YAML; is a quote left open in line {}, column {}?",
                       quote->second.line, quote->second.column);
  }
  if (written.find('\t') < written.find_first_not_of(" \t")) {
    return "no valid YAML: indent with spaces, not with tabs";
  }
  const std::size_t variable = written.find("${");
  if (written.substr(0, variable).find_first_of("{[") < variable) {
    return "no valid YAML: between { } or [ ] put a value with ${...} in quotes, as "
           "{dsn: \"${DATABASE_URL}\"}";
  }
  for (const Hint& hint : kHints) {
    if (error.msg.find(hint.said) != std::string::npos) {
      return fmt::format("no valid YAML: {}", hint.hint);
    }
  }
  return fmt::format("no valid YAML: {}", error.msg);
}

bool Check(std::string_view text, const std::string& copy, std::vector<ConfigProblem>& problems) {
  Checker checker(text, problems);
  try {
    std::istringstream in(copy);
    YAML::Parser parser(in);
    // Stops at the second document: before a stray comma or bracket, yaml-cpp 0.7 finds empty
    // documents without end.
    while (parser.HandleNextDocument(checker) && checker.documents() < 2) {
    }
  } catch (const YAML::ParserException& error) {
    // yaml-cpp reports only by this exception that the text is not YAML. After an unclosed value it
    // repeats a problem that is noted already.
    if (!checker.unusable()) {
      problems.push_back(
          {error.mark.line + 1, error.mark.column + 1, SyntaxMessage(error, text, checker)});
    }
    return false;
  }
  if (checker.documents() == 0) problems.push_back({1, 1, "the file has no keys in it"});
  return checker.documents() > 0 && !checker.unusable();
}

}  // namespace

std::optional<YAML::Node> ParseYaml(std::string_view text, std::vector<ConfigProblem>& problems) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (!IsText(text, problems)) return std::nullopt;
  const std::string copy(text);
  if (!Check(text, copy, problems)) return std::nullopt;
  return YAML::Load(copy);
}

void CountColumnsInCharacters(std::string_view text, std::vector<ConfigProblem>& problems) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  for (ConfigProblem& problem : problems) {
    if (problem.line == 0) continue;
    const auto bytes = static_cast<std::size_t>(problem.column - 1);
    const std::string_view before = LineAt(text, problem.line - 1).substr(0, bytes);
    problem.column -= static_cast<int>(
        std::count_if(before.begin(), before.end(), [](char c) { return (c & 0xc0) == 0x80; }));
  }
}

}  // namespace exporter
