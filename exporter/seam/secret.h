#pragma once

#include <string>
#include <utility>

namespace exporter {

// A password, a token, or an address that may hold one. Has no formatter and
// no stream operator, so that it cannot reach a log by accident; Reveal()
// marks the few places that need it.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

// Where a secret comes from: the configuration itself, or a file that is read
// again at each new connection, so that a rotated secret needs no restart.
class SecretSource {
 public:
  SecretSource() = default;
  static SecretSource Literal(std::string value);
  static SecretSource File(std::string path);

  // The secret as it is now; of a file its text without trailing newlines.
  // Throws std::runtime_error, naming the file, when it cannot be read or is
  // larger than 64 KiB.
  Secret Load() const;

  // The secret where it stands in the configuration; null for a file. For
  // checks that need no file, as of a URL's scheme.
  const Secret* literal() const { return path_.empty() ? &value_ : nullptr; }
  // Whether anything was configured.
  bool given() const { return given_; }

 private:
  Secret value_;
  std::string path_;
  bool given_ = false;
};

}  // namespace exporter
