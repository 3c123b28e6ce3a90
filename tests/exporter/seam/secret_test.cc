#include "exporter/seam/secret.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace exporter {
namespace {

// A file of this test's own, gone when the test is.
class SecretFile {
 public:
  explicit SecretFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("exporter_secret_" + std::to_string(::getpid()))) {
    Write(text);
  }
  ~SecretFile() { std::filesystem::remove(path_); }
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;

  void Write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("a secret in the configuration is given as it is") {
  const SecretSource source = SecretSource::Literal("pa ss\n");
  CHECK(source.given());
  CHECK(source.Load().Reveal() == "pa ss\n");
  REQUIRE(source.literal() != nullptr);
  CHECK(source.literal()->Reveal() == "pa ss\n");
  CHECK_FALSE(SecretSource().given());
}

TEST_CASE("a secret's file is read again each time, without its last line breaks") {
  SecretFile file("first\r\n\n");
  const SecretSource source = SecretSource::File(file.path());
  CHECK(source.given());
  CHECK(source.literal() == nullptr);
  CHECK(source.Load().Reveal() == "first");
  file.Write(
      "\xEF\xBB\xBF"
      "marked\r\n");
  CHECK(source.Load().Reveal() == "marked");
  file.Write("sec ond");
  CHECK(source.Load().Reveal() == "sec ond");
  file.Write("");
  CHECK(source.Load().empty());
}

TEST_CASE("a secret's file that is missing, too large or a directory is named, never shown") {
  SecretFile file(std::string(64 * 1024, 'x'));
  CHECK(SecretSource::File(file.path()).Load().Reveal().size() == 64 * 1024);
  file.Write(std::string(64 * 1024 + 1, 'x'));
  for (const std::string& path : {file.path(), std::string("/nowhere/at/all"), std::string("/")}) {
    CAPTURE(path);
    try {
      SecretSource::File(path).Load();
      FAIL("was read");
    } catch (const std::runtime_error& error) {
      CHECK(std::string(error.what()).find(path) != std::string::npos);
      CHECK(std::string(error.what()).find("xxx") == std::string::npos);
    }
  }
}

}  // namespace exporter
