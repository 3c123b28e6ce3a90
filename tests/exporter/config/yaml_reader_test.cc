#include "exporter/config/yaml_reader.h"

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

namespace exporter {
namespace {

using std::chrono::milliseconds;

std::optional<std::string> Variable(const std::string& name) {
  if (name == "PORT") return "6379";
  if (name == "PASSWORD") return "hunter2";
  if (name == "BROKEN") return "hunter2\n";
  if (name == "BELL") return "ding\a";
  if (name == "LATIN1") return "caf\xe9";
  return std::nullopt;
}

// A document, its reader, and every problem as LINE:COLUMN: MESSAGE.
struct Fixture {
  explicit Fixture(const std::string& text) : reader(YAML::Load(text), problems, Variable) {}
  std::string Said() const {
    std::string all;
    for (const ConfigProblem& p : problems) {
      all += std::to_string(p.line) + ":" + std::to_string(p.column) + ": " + p.message + "\n";
    }
    return all;
  }
  std::vector<ConfigProblem> problems;
  YamlReader reader;
};

}  // namespace

TEST_CASE("good values are read, absent ones are the fallback") {
  Fixture f(
      "{name: a, port: \"${PORT}\", on: true, off: 'False', wait: 1m30s, share: 0.25, kind: list, "
      "many: [x, \"${PORT}\"], one: x, none: }");
  CHECK(f.reader.RequiredString("name") == "a");
  CHECK(f.reader.Integer("port", 1, 1, 65535) == 6379);
  CHECK(f.reader.Bool("on", false));
  CHECK_FALSE(f.reader.Bool("off", true));
  CHECK(f.reader.Duration("wait", milliseconds(1)) == milliseconds(90000));
  CHECK(f.reader.Number("share", 1) == 0.25);
  constexpr std::array<std::string_view, 2> kKinds = {"set", "list"};
  CHECK(f.reader.OneOf("kind", kKinds, 0) == 1);
  CHECK(f.reader.Strings("many") == std::vector<std::string>{"x", "6379"});
  CHECK(f.reader.Strings("one") == std::vector<std::string>{"x"});
  CHECK(f.reader.Strings("none").empty());
  CHECK(f.reader.List("none").empty());
  CHECK_FALSE(f.reader.Child("none").has_value());
  CHECK(f.reader.String("absent", "fallback") == "fallback");
  CHECK(f.reader.Integer("absent", 7, 1, 2) == 7);
  CHECK(f.reader.Bool("absent", true));
  CHECK(f.reader.Duration("absent", milliseconds(5)) == milliseconds(5));
  CHECK_FALSE(f.reader.Duration("absent").has_value());
  CHECK(f.reader.Has("name"));
  CHECK_FALSE(f.reader.Has("absent"));
  CHECK(f.Said() == "");
}

TEST_CASE("a wrong value is a problem at its place that says what would be right") {
  struct Case {
    std::string text;
    std::function<void(YamlReader&)> read;
    std::string said;
  };
  constexpr std::array<std::string_view, 3> kKinds = {"set", "list", "map"};
  const auto string = [](YamlReader& r) { r.String("k", ""); };
  const auto required = [](YamlReader& r) { r.RequiredString("k"); };
  const auto integer = [](YamlReader& r) { CHECK(r.Integer("k", 5, 1, 9) == 5); };
  const auto boolean = [](YamlReader& r) { CHECK(r.Bool("k", true)); };
  const auto number = [](YamlReader& r) { CHECK(r.Number("k", 5) == 5); };
  const auto duration = [](YamlReader& r) { CHECK_FALSE(r.Duration("k").has_value()); };
  const auto choice = [&](YamlReader& r) { CHECK(r.OneOf("k", kKinds, 2) == 2); };
  const auto strings = [](YamlReader& r) { r.Strings("k"); };
  const auto list = [](YamlReader& r) { r.List("k"); };
  const auto child = [](YamlReader& r) { CHECK_FALSE(r.Child("k").has_value()); };
  const std::string as = "k must be a duration above 0 and up to 1y, as 500ms, 15s or 1m30s, not ";
  const std::vector<Case> cases = {
      {"k: [a]", string, "1:4: k must be one value, not a list"},
      {"k: {a: b}", string, "1:4: k must be one value, not a mapping"},
      {"k:", string, "1:1: k has no value"},
      {"k: ~", string, "1:1: k has no value"},
      {"k: \"${BELL}\"", string, "1:4: k holds a control character, or is no valid UTF-8"},
      {"k: ${LATIN1}", string, "1:4: k holds a control character, or is no valid UTF-8"},
      {"k: ${GONE}", string,
       "1:4: the environment variable GONE is not set; set it, or write ${GONE:-default}"},
      {"a: b", required, "1:1: missing key \"k\""},
      {"k: ''", required, "1:4: k must not be empty"},
      {"k: 10", integer, "1:4: k must be a whole number from 1 to 9, not \"10\""},
      {"k: 0", integer, "1:4: k must be a whole number from 1 to 9, not \"0\""},
      {"k: 1.0", integer, "1:4: k must be a whole number from 1 to 9, not \"1.0\""},
      {"k: 0x1", integer, "1:4: k must be a whole number from 1 to 9, not \"0x1\""},
      {"k: ''", integer, "1:4: k must be a whole number from 1 to 9, not \"\""},
      {"k: 99999999999999999999", integer,
       "1:4: k must be a whole number from 1 to 9, not \"99999999999999999999\""},
      {"k: ${PASSWORD}", integer, "1:4: k must be a whole number from 1 to 9, not \"${PASSWORD}\""},
      {"k: yes", boolean, "1:4: k must be true or false, not \"yes\""},
      {"k: 1", boolean, "1:4: k must be true or false, not \"1\""},
      {"k: 1s", number, "1:4: k must be a number, not \"1s\""},
      {"k: .nan", number, "1:4: k must be a number, not \".nan\""},
      {"k: nan", number, "1:4: k must be a number, not \"nan\""},
      {"k: 1e999", number, "1:4: k must be a number, not \"1e999\""},
      {"k: 15", duration, "1:4: " + as + "\"15\"; a number needs a unit: 15s"},
      {"k: 0s", duration, "1:4: " + as + "\"0s\""},
      {"k: -5s", duration, "1:4: " + as + "\"-5s\""},
      {"k: 2y", duration, "1:4: " + as + "\"2y\""},
      {"k: soon", duration, "1:4: " + as + "\"soon\""},
      {"k: List", choice, "1:4: k must be set, list or map, not \"List\""},
      {"k: {a: b}", strings, "1:4: k must be one value, not a mapping"},
      {"k: [a, [b]]", strings, "1:8: each entry of k must be one value, not a list"},
      {"k: a", list, "1:4: k must be a list, each entry with a leading \"- \", not a text"},
      {"k: {a: b}", list, "1:4: k must be a list, each entry with a leading \"- \", not a mapping"},
      {"k: [a]", list, "1:5: each entry of k must be a mapping of keys, not a text"},
      {"k: a", child, "1:4: k must be a mapping of keys, not a text"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    Fixture f(c.text);
    c.read(f.reader);
    CHECK(f.Said() == c.said + "\n");
  }
}

TEST_CASE("a secret comes from its key or its file, and is never quoted") {
  struct Case {
    std::string text;
    std::string said;
  };
  const std::vector<Case> cases = {
      {"url: \"redis://h:${PORT}/0\"", ""},
      {"url: host=h password=${PASSWORD}", ""},
      {"url_file: /run/secrets/url", ""},
      {"other: 1", "1:1: missing key \"url\" (or \"url_file\")\n"},
      {"url: ''", "1:6: url must not be empty\n"},
      {"url: ${GONE:-}", "1:6: GONE: url must not be empty\n"},
      {"url:", "1:1: url has no value\n"},
      {"url: [hunter2]", "1:6: url must be one value, not a list\n"},
      {"url: {a: hunter2}", "1:6: url must be one value, not a mapping\n"},
      {"url: ${BROKEN}",
       "1:6: BROKEN: url holds a line break, a tab or another control character\n"},
      {"url: redis://h unter2@h",
       "1:6: url is a URL with a space in it; write a space in a URL as %20\n"},
      {"url: a\nurl_file: b", "2:1: give url or url_file, not both\n"},
      {"url_file: redis://:hunter2@h",
       "1:11: url_file must be the path of a file; a URL itself is the value of url\n"},
      {"url_file: ''", "1:11: url_file must not be empty\n"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    Fixture f(c.text);
    f.reader.RequiredSource("url");
    CHECK(f.Said() == c.said);
    CHECK(f.Said().find("hunter2") == std::string::npos);
  }
}

TEST_CASE("an optional secret that is absent or empty is not given") {
  Fixture f("password: ${GONE:-}");
  CHECK_FALSE(f.reader.Source("password").given());
  CHECK_FALSE(f.reader.Source("token").given());
  CHECK(f.Said() == "");
  Fixture g("password: ${PASSWORD}");
  CHECK(g.reader.Source("password").Load().Reveal() == "hunter2");
}

TEST_CASE("labels are read with their values replaced, and their names checked") {
  Fixture f("labels: {shop: a, port: \"${PORT}\"}");
  CHECK(f.reader.LabelMap("labels") == Labels{{"shop", "a"}, {"port", "6379"}});
  CHECK(f.Said() == "");
  Fixture g("labels:\n  1st: a\n  __name__: b\n  a-b: c\n  ok: [d]\n");
  g.reader.LabelMap("labels");
  const std::string rule =
      " is no label name: letters, digits and _ only, no digit first, no __ first\n";
  CHECK(g.Said() == "2:3: \"1st\"" + rule + "3:3: \"__name__\"" + rule + "4:3: \"a-b\"" + rule +
                        "5:7: ok must be one value, not a list\n");
}

TEST_CASE("a key that nobody has read is a problem, with the nearest known one") {
  Fixture f(
      "intervall: 15s\ncolour: red\nurl: x\nurl:redis://:hunter2@h: y\npassword hunter2: z\n");
  f.reader.Duration("interval");
  f.reader.Source("url");
  f.reader.RejectUnknownKeys();
  CHECK(f.Said() ==
        "1:1: unknown key \"intervall\"; did you mean \"interval\"?\n"
        "2:1: unknown key \"colour\"\n"
        "4:1: unknown key; write a space after the colon of \"url\"\n"
        "5:1: unknown key; write a colon after \"password\"\n");
  CHECK(f.reader.known() == std::set<std::string>{"interval", "url", "url_file"});
}

TEST_CASE("a problem noted by name stands at the value, its file, or the mapping") {
  Fixture f("a: 1\nb_file: x\nc:\n");
  f.reader.Problem("a", "A");
  f.reader.Problem("b", "B");
  f.reader.Problem("c", "C");
  f.reader.Problem("d", "D");
  CHECK(f.Said() == "1:4: A\n2:9: B\n3:1: C\n1:1: D\n");
}

TEST_CASE("nested mappings note their problems in the same place") {
  Fixture f("tls: {verify: maybe}\nqueues:\n  - {name: a}\n  - {nam: b}\n");
  auto tls = f.reader.Child("tls");
  REQUIRE(tls.has_value());
  tls->Bool("verify", true);
  for (YamlReader& queue : f.reader.List("queues")) {
    queue.RequiredString("name");
    queue.RejectUnknownKeys();
  }
  CHECK(f.Said() ==
        "1:15: verify must be true or false, not \"maybe\"\n"
        "4:5: missing key \"name\"\n"
        "4:6: unknown key \"nam\"; did you mean \"name\"?\n");
}

TEST_CASE("in a named list a text is an entry that has a name and nothing else") {
  Fixture f("queues: [a, \"${PORT}\", {name: b, most: 2}, {name: c, most: x}, '', [d]]");
  std::vector<std::string> names;
  for (YamlReader& entry : f.reader.NamedList("queues")) {
    names.push_back(entry.RequiredString("name") + ":" +
                    std::to_string(entry.Integer("most", 0, 0, 9)));
    entry.RejectUnknownKeys();
  }
  CHECK(names == std::vector<std::string>{"a:0", "6379:0", "b:2", "c:0", ":0"});
  CHECK(f.Said() ==
        "1:68: each entry of queues that is no name must be a mapping of keys, not a list\n"
        "1:60: most must be a whole number from 0 to 9, not \"x\"\n"
        "1:64: name must not be empty\n");
}

TEST_CASE("in a verbatim list nothing is replaced") {
  Fixture f("rules: [{to: \"${1}\"}]");
  CHECK(f.reader.VerbatimList("rules")[0].String("to", "") == "${1}");
  CHECK(f.Said() == "");
}

TEST_CASE("a node that is no mapping is one problem, whatever is read of it") {
  Fixture f("- a");
  f.reader.String("a", "");
  f.reader.RequiredString("b");
  f.reader.RequiredSource("c");
  f.reader.RejectUnknownKeys();
  CHECK(f.Said() == "1:1: must be a mapping of keys, not a list\n");
}

TEST_CASE("the readers of nested mappings know the folder of the file too") {
  std::vector<ConfigProblem> problems;
  YamlReader reader(YAML::Load("{child: {a: b}, list: [{a: b}]}"), problems, Variable, "/etc/it");
  CHECK(reader.folder() == "/etc/it");
  CHECK(reader.Child("child").value().folder() == "/etc/it");
  CHECK(reader.List("list").at(0).folder() == "/etc/it");
  CHECK(Fixture("{}").reader.folder().empty());
}

TEST_CASE("a text in a message is cut at a whole character, without control characters") {
  CHECK(Quoted("a\nb") == "\"a b\"");
  CHECK(Quoted(std::string(60, 'x')) == "\"" + std::string(60, 'x') + "\"");
  CHECK(Quoted(std::string(61, 'x')) == "\"" + std::string(60, 'x') + "...\"");
  CHECK(Quoted(std::string(59, 'x') + "\xc3\xa9") == "\"" + std::string(59, 'x') + "...\"");
}

}  // namespace exporter
