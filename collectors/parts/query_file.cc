#include "collectors/parts/query_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "exporter/seam/utf8.h"

namespace collectors {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

[[noreturn]] void ThrowSystemError() { throw std::system_error(errno, std::generic_category()); }

class File {
 public:
  // O_NONBLOCK, because opening a pipe without a writer would block.
  explicit File(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor_ < 0) ThrowSystemError();
  }
  ~File() { ::close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool IsRegular() const {
    struct stat status = {};
    if (::fstat(descriptor_, &status) != 0) ThrowSystemError();
    return S_ISREG(status.st_mode);
  }

  // Reads at most one byte more than is allowed, to detect a file that is too large.
  std::string Read() const {
    std::string text(kMaxBytes + 1, '\0');
    std::size_t size = 0;
    ssize_t count = 1;
    while (count != 0 && size < text.size()) {
      count = ::read(descriptor_, text.data() + size, text.size() - size);
      if (count < 0 && errno != EINTR) ThrowSystemError();
      if (count > 0) size += static_cast<std::size_t>(count);
    }
    text.resize(size);
    return text;
  }

 private:
  int descriptor_;
};

// Throws std::runtime_error that says what is wrong.
std::string TextOf(const std::string& path) {
  const File file(path);
  if (!file.IsRegular()) throw std::runtime_error("it is no regular file");
  std::string text = file.Read();
  if (text.size() > kMaxBytes) throw std::runtime_error("it is larger than 1 MiB");
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  if (!exporter::IsUtf8(text) || text.find('\0') != std::string::npos) {
    throw std::runtime_error("it is no text in UTF-8");
  }
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw std::runtime_error("it is empty");
  }
  return text;
}

}  // namespace

std::string ReadQueryFile(exporter::YamlReader& reader, const std::string& key) {
  const std::string path = reader.RequiredString(key);
  if (path.empty()) return "";
  try {
    return TextOf((std::filesystem::path(reader.folder()) / path).string());
  } catch (const std::system_error& error) {
    reader.Problem(
        key, fmt::format("{} cannot be read: {}", exporter::Quoted(path), error.code().message()));
  } catch (const std::runtime_error& error) {
    reader.Problem(key, fmt::format("{} cannot be used: {}", exporter::Quoted(path), error.what()));
  }
  return "";
}

}  // namespace collectors
