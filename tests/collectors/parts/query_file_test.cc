#include "collectors/parts/query_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "exporter/config/yaml_reader.h"

namespace collectors {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "query_file_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

struct Read {
  std::string text;
  std::string problem;
};

Read ReadFrom(const Folder& folder, const std::string& path) {
  std::vector<exporter::ConfigProblem> problems;
  exporter::YamlReader reader(YAML::Load("\nquery_file: '" + path + "'"), problems,
                              exporter::ProcessEnvironment, folder.path().string());
  Read read{ReadQueryFile(reader, "query_file"), ""};
  for (const auto& problem : problems) {
    CHECK(problem.line == 2);
    read.problem += problem.message;
  }
  return read;
}

constexpr std::size_t kMiB = std::size_t{1} << 20;

}  // namespace

TEST_CASE("a statement's file is taken as it stands, relative to the configuration or not") {
  const Folder folder;
  folder.Write("a.sql", "SELECT '${HOME}'\n  AS é;\n");
  folder.Write("bom.sql", "\xEF\xBB\xBFSELECT 1");
  folder.Write("full.sql", std::string(kMiB, 'x'));
  CHECK(ReadFrom(folder, "a.sql").text == "SELECT '${HOME}'\n  AS é;\n");
  CHECK(ReadFrom(folder, (folder.path() / "a.sql").string()).text.size() == 26);
  CHECK(ReadFrom(folder, "bom.sql").text == "SELECT 1");
  CHECK(ReadFrom(folder, "full.sql").text.size() == kMiB);
}

TEST_CASE("a file that is no statement is a problem at its line") {
  const Folder folder;
  folder.Write("large.sql", std::string(kMiB + 1, 'x'));
  folder.Write("latin1.sql", "SELECT 'caf\xe9'");
  folder.Write("nul.sql", std::string("SELECT 1\0, 2", 12));
  folder.Write("blank.sql", " \n\t");
  REQUIRE(::mkfifo((folder.path() / "pipe").c_str(), 0600) == 0);
  const std::vector<std::pair<std::string, std::string>> table = {
      {"none.sql", "\"none.sql\" cannot be read: No such file or directory"},
      {".", "\".\" cannot be used: it is no regular file"},
      {"pipe", "\"pipe\" cannot be used: it is no regular file"},
      {"large.sql", "\"large.sql\" cannot be used: it is larger than 1 MiB"},
      {"latin1.sql", "\"latin1.sql\" cannot be used: it is no text in UTF-8"},
      {"nul.sql", "\"nul.sql\" cannot be used: it is no text in UTF-8"},
      {"blank.sql", "\"blank.sql\" cannot be used: it is empty"},
      {"", "query_file must not be empty"},
  };
  for (const auto& [path, problem] : table) {
    const Read read = ReadFrom(folder, path);
    CHECK(read.problem == problem);
    CHECK(read.text.empty());
  }
}

}  // namespace collectors
