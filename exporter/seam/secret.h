#pragma once

#include <string>
#include <utility>

namespace exporter {

// A password, a token, or an address that may hold one. It has no formatter and no stream operator,
// so it cannot reach a log by accident. Reveal() marks the few places that need the text.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

// The source of a secret: the configuration itself, or a file. The file is read again at each new
// connection, so a rotated secret needs no restart.
class SecretSource {
 public:
  SecretSource() = default;
  static SecretSource Literal(std::string value);
  static SecretSource File(std::string path);

  // The current secret; from a file, its text without trailing newlines and without a byte order
  // mark. Throws std::runtime_error, which names the file, if the file cannot be read or is larger
  // than 64 KiB.
  Secret Load() const;

  // The secret if the configuration itself holds it; null for a file. For checks that can be made
  // without reading a file, for example of a URL's scheme.
  const Secret* literal() const { return path_.empty() ? &value_ : nullptr; }
  // Whether anything was configured.
  bool given() const { return given_; }

 private:
  Secret value_;
  std::string path_;
  bool given_ = false;
};

}  // namespace exporter
