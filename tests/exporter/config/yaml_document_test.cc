#include "exporter/config/yaml_document.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace exporter {
namespace {

using Problems = std::vector<ConfigProblem>;

Problems ProblemsOf(const std::string& text) {
  Problems problems;
  ParseYaml(text, problems);
  CountColumnsInCharacters(text, problems);
  return problems;
}

std::string Repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("what yaml-cpp takes without a word is a problem at its place") {
  struct Case {
    std::string text;
    int line, column;
    std::string said;  // A part of the message.
  };
  const std::vector<Case> cases = {
      {"a: 1\na: 2\n", 2, 1, "key \"a\" is given twice; the first is in line 1"},
      {"x:\n  - {b: 1, b: 2}\n", 2, 12, "given twice"},
      {"a: \"abc\nb: 2\n", 1, 4, "never closed"},
      {"a: 'it''s\n", 1, 4, "never closed"},
      {"a: &x \"abc\n", 1, 4, "never closed"},
      {"a: 1\n---\nb: 1\n", 2, 1, "second document"},
      {"- a\nb: 1\n", 2, 1, "second document"},
      {"<<: {a: 1}\n", 1, 1, "merge keys"},
      {"a: !!str 5\n", 1, 4, "tag"},
      {"a: !secret x\n", 1, 4, "tag"},
      {"url: {{ x }}\n", 1, 7, "a key must be one word"},
      {"? [a]\n: b\n", 1, 3, "a key must be one word"},
      {": b\n", 1, 1, "a key is missing"},
      {"a: &a [*a]\n", 1, 8, "inside the value that it stands for"},
      {"a: &b k\n*b : 1\n", 2, 1, "an alias cannot be a key"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const Problems problems = ProblemsOf(c.text);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].line == c.line);
    CHECK(problems[0].column == c.column);
    CAPTURE(problems[0].message);
    CHECK(problems[0].message.find(c.said) != std::string::npos);
  }
}

TEST_CASE("a syntax error is at its place, with what helps") {
  struct Case {
    std::string text;
    int line, column;
    std::string said;
  };
  const std::vector<Case> cases = {
      {"a: {dsn: ${X}}\n", 1, 11, "in quotes, as {dsn: \"${DATABASE_URL}\"}"},
      {"a: [${X}]\n", 1, 6, "in quotes"},
      {"a:\n\tb: 1\n", 2, 3, "not with tabs"},
      {"a: 1\n\tb: 2\n", 2, 1, "not with tabs"},
      {"a: b: c\n", 1, 5, "holds \": \" in quotes"},
      {"a: \"abc\" def\n", 1, 10, "text after a closing quote"},
      {"a: 'x\nb: 1\nc: 'y'\n", 3, 5, "a quote left open in line 1, column 4"},
      {"a: {b: 1\n", 2, 1, "a { is not closed"},
      {"a: [1, 2\nb: 3\n", 2, 2, "a [ is not closed"},
      {"- a: 1\n b: 2\n", 2, 2, "does not belong to the list above"},
      {"a:\n  - b\n c: 1\n", 3, 2, "does not belong to the keys above"},
      {"a: @b\n", 1, 4, "must be in quotes"},
      {"a: *b\n", 1, 4, "begins with * must be in quotes"},
      {"a: \"\\q\"\n", 1, 7, "write \\\\ for a backslash"},
      {"a: - b\n", 1, 4, "a line of its own"},
      {"a: }\n", 1, 4, "in quotes"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const Problems problems = ProblemsOf(c.text);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].line == c.line);
    CHECK(problems[0].column == c.column);
    CAPTURE(problems[0].message);
    CHECK(problems[0].message.find(c.said) != std::string::npos);
  }
}

TEST_CASE("bytes that are no text are refused where they stand") {
  struct Case {
    std::string text;
    int line, column;
    std::string said;
  };
  const std::vector<Case> cases = {
      {std::string("a: 1\nb: x\0y\n", 12), 2, 5, "0x00"},
      {"a: \x1b[0m\n", 1, 4, "0x1b"},
      {"a: 1\rb: 2\n", 1, 5, "0x0d"},
      {"a: \xff\n", 1, 4, "UTF-8"},
      {std::string("\xff\xfe"
                   "a\0",
                   4),
       1, 1, "UTF-8"},
      {"\xc3\xa9\xc3\xa9: \xff\n", 1, 5, "UTF-8"},
  };
  for (const Case& c : cases) {
    const Problems problems = ProblemsOf(c.text);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].line == c.line);
    CHECK(problems[0].column == c.column);
    CHECK(problems[0].message.find(c.said) != std::string::npos);
  }
}

TEST_CASE("columns count characters, not bytes") {
  const Problems problems = ProblemsOf("{\xc3\xa9\xe2\x82\xac: 1, b: 2, b: 3}\n");
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].column == 15);
}

TEST_CASE("ordinary YAML of every form is read") {
  for (const std::string text :
       {"a: 1\n",
        "\xef\xbb\xbf"
        "a: 1\n",
        "a: 1\r\nb: 2\r\n", "---\na: 1\n...\n", "{a: [1, 2]}\n", "a: &x {b: 1}\nc: *x\nd: *x\n",
        "a: \"x\n  y\"\n", "a: |\n  \"x\n  y\n", "a: it's \"x\n", "a: 'it''s'\n", "a: \"\\\"\"\n",
        "# c\na: ''\n", "a: ~\nb:\n"}) {
    CAPTURE(text);
    Problems problems;
    CHECK(ParseYaml(text, problems).has_value());
    CHECK(problems.empty());
  }
}

TEST_CASE("an empty file is a problem of its own") {
  for (const std::string text : {"", "\n", "# only words\n", "---\n---\n"}) {
    CAPTURE(text);
    CHECK_FALSE(ProblemsOf(text).empty());
  }
}

TEST_CASE("a stray bracket or comma at the start ends the reading") {
  for (const std::string text : {",\n", "]", "}", ", a: 1\nb: 2\n", "a: 1\n---\n,\n"}) {
    CAPTURE(text);
    CHECK(ProblemsOf(text).size() == 1);
  }
}

TEST_CASE("several mistakes of one document are all reported") {
  CHECK(ProblemsOf("a: 1\na: 2\nb: !x 1\nb: {c: 1, c: 2}\nd: [\n").size() == 5);
}

TEST_CASE("an alias bomb is refused before it is unfolded") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before +
            Repeated(", " + before, 9) + "]\n";
  }
  const Problems problems = ProblemsOf(bomb);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].message.find("more than 100000 values") != std::string::npos);
}

TEST_CASE("a document that is too deep or too large is refused") {
  for (const std::string open : {"[", "{a: ", "- ", "? ", "[{a: "}) {
    CAPTURE(open);
    const Problems problems = ProblemsOf(Repeated(open, 10000));
    CHECK(std::any_of(problems.begin(), problems.end(), [](const ConfigProblem& problem) {
      return problem.message.find("more than 32 levels") != std::string::npos;
    }));
  }
  const Problems large = ProblemsOf(std::string(kMaxYamlBytes + 1, ' '));
  REQUIRE(large.size() == 1);
  CHECK(large[0] == ConfigProblem{0, 0, "the file is larger than 1 MiB"});
}

}  // namespace exporter
