#include "exporter/seam/secret.h"

#include <fstream>
#include <stdexcept>
#include <string_view>

namespace exporter {
namespace {

constexpr std::size_t kMaxSecretBytes = 64UL * 1024;
// Some editors put it before a text in UTF-8.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

SecretSource SecretSource::Literal(std::string value) {
  SecretSource source;
  source.value_ = Secret(std::move(value));
  source.given_ = true;
  return source;
}

SecretSource SecretSource::File(std::string path) {
  SecretSource source;
  source.path_ = std::move(path);
  source.given_ = true;
  return source;
}

Secret SecretSource::Load() const {
  if (path_.empty()) return value_;
  std::ifstream file(path_, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open the secret's file " + path_);
  // One byte more than allowed: it tells a file that is too large from one that just fits.
  std::string text(kMaxSecretBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) throw std::runtime_error("cannot read the secret's file " + path_);
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxSecretBytes) {
    throw std::runtime_error("the secret's file " + path_ + " is larger than 64 KiB");
  }
  text.erase(text.find_last_not_of("\r\n") + 1);
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  return Secret(std::move(text));
}

}  // namespace exporter
