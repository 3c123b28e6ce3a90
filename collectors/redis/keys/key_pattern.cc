#include "collectors/redis/keys/key_pattern.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "exporter/config/yaml_reader.h"
#include "exporter/seam/names.h"

namespace collectors {
namespace {

using re2::StringPiece;

// Translates a pattern, from left to right, into a regular expression for RE2 and a glob for SCAN.
class Translation {
 public:
  explicit Translation(std::string_view text) : rest_(text) {
    while (!rest_.empty()) Take();
  }

  std::string expression;
  std::string glob;
  std::vector<std::string> names;
  bool merges = false;

 private:
  enum class Token { kOther, kStar, kName };

  void Take() {
    switch (rest_.front()) {
      case '{':
        return TakeName();
      case '}':
        throw std::invalid_argument("a } without its {; write \\} where a key has a brace");
      case '*':
        return TakeStar();
      case '?':
        merges = true;
        return Emit(1, ".");
      case '[':
        return TakeClass();
      case '\\':
        // A backslash at the very end is literal, as in Redis.
        return rest_.size() > 1 ? EmitLiteral(2, rest_[1]) : EmitLiteral(1, '\\');
      default:
        return EmitLiteral(1, rest_.front());
    }
  }

  // Takes `size` bytes. `meaning` is their translation for RE2.
  void Emit(std::size_t size, std::string_view meaning) {
    glob += rest_.substr(0, size);
    expression += meaning;
    rest_.remove_prefix(size);
    last_ = Token::kOther;
  }

  void EmitLiteral(std::size_t size, char literal) { Emit(size, Byte(literal)); }

  static std::string Byte(char byte) {
    return fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
  }

  void TakeStar() {
    if (last_ == Token::kName) ThrowEndless();
    merges = true;
    Emit(1, ".*?");
    last_ = Token::kStar;
  }

  void TakeName() {
    const std::size_t end = rest_.find('}');
    if (end == std::string_view::npos) {
      throw std::invalid_argument("a { without its }; write \\{ where a key has a brace");
    }
    std::string name(rest_.substr(1, end - 1));
    if (!exporter::IsSampleLabelName(name)) {
      throw std::invalid_argument(fmt::format(
          "{} in braces is no label name; it takes letters, digits and _, starts with no digit and "
          "not with __; write \\{{ and \\}} where a key has braces",
          exporter::Quoted(name)));
    }
    if (std::ranges::find(names, name) != names.end()) {
      throw std::invalid_argument(fmt::format("{{{}}} is there twice: give each its name", name));
    }
    if (last_ == Token::kName) {
      throw std::invalid_argument(fmt::format(
          "{{{}}}{{{}}} cannot be told apart: put what stands between them in keys, as a :",
          names.back(), name));
    }
    if (last_ == Token::kStar) ThrowEndless();
    names.push_back(std::move(name));
    rest_.remove_prefix(end + 1);
    glob += "?*";
    expression += "(.+?)";
    last_ = Token::kName;
  }

  [[noreturn]] static void ThrowEndless() {
    throw std::invalid_argument(
        "a name in braces next to * has no end: put what stands between them in keys, as a :");
  }

  void TakeClass() {
    std::size_t at = 1;
    const bool is_negated = at < rest_.size() && rest_[at] == '^';
    if (is_negated) ++at;
    std::string items;
    while (at < rest_.size() && rest_[at] != ']') at += ClassItem(rest_.substr(at), items);
    if (at >= rest_.size()) {
      throw std::invalid_argument("a [ without its ]; write \\[ where a key has a bracket");
    }
    if (items.empty()) throw std::invalid_argument("[] has no characters to choose from");
    merges = true;
    Emit(at + 1, (is_negated ? "[^" : "[") + items + "]");
  }

  // Appends one character or range of a class. Returns the number of bytes it took.
  static std::size_t ClassItem(std::string_view text, std::string& items) {
    if (text.size() >= 2 && text[0] == '\\') {
      items += Byte(text[1]);
      return 2;
    }
    if (text.size() < 3 || text[1] != '-') {
      items += Byte(text[0]);
      return 1;
    }
    // The initializer list makes std::minmax return values; with two arguments it returns
    // references.
    const auto [low, high] =
        std::minmax({static_cast<unsigned char>(text[0]), static_cast<unsigned char>(text[2])});
    items += fmt::format("\\x{:02x}-\\x{:02x}", low, high);
    return 3;
  }

  std::string_view rest_;
  Token last_ = Token::kOther;
};

std::shared_ptr<const RE2> Compiled(const std::string& expression) {
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);  // Matches bytes, not UTF-8.
  options.set_dot_nl(true);
  options.set_log_errors(false);
  auto compiled = std::make_shared<RE2>(expression, options);
  if (!compiled->ok()) throw std::invalid_argument("the pattern is too long");
  return compiled;
}

}  // namespace

KeyPattern::KeyPattern(std::string_view text) : text_(text) {
  if (text.empty()) throw std::invalid_argument("an empty pattern matches no key");
  Translation translation(text);
  glob_ = std::move(translation.glob);
  names_ = std::move(translation.names);
  merges_ = translation.merges;
  expression_ = Compiled(translation.expression);
}

std::optional<std::vector<std::string>> KeyPattern::Match(std::string_view key) const {
  const StringPiece whole(key.data(), key.size());
  // The first piece is the whole match.
  std::vector<StringPiece> pieces(names_.size() + 1);
  if (!expression_->Match(whole, 0, whole.size(), RE2::ANCHOR_BOTH, pieces.data(),
                          static_cast<int>(names_.empty() ? 0 : pieces.size()))) {
    return std::nullopt;
  }
  std::vector<std::string> values;
  values.reserve(names_.size());
  for (std::size_t i = 1; i < pieces.size(); ++i) values.emplace_back(pieces[i]);
  return values;
}

}  // namespace collectors
