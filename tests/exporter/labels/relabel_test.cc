#include "exporter/labels/relabel.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>

namespace exporter {
namespace {

// Each field of RelabelConfig that a case sets, in the order of the YAML.
RelabelConfig Rule(RelabelAction action, std::vector<std::string> sources, std::string regex,
                   std::string target, std::string replacement = "$1") {
  RelabelConfig config;
  config.action = action;
  config.source_labels = std::move(sources);
  config.regex = std::move(regex);
  config.target_label = std::move(target);
  config.replacement = std::move(replacement);
  return config;
}

RelabelConfig HashMod(std::string source, std::string target, std::uint64_t modulus) {
  RelabelConfig config =
      Rule(RelabelAction::kHashMod, {std::move(source)}, "(.*)", std::move(target));
  config.modulus = modulus;
  return config;
}

// "a=1,b=2", by name; "dropped".
std::string Outcome(const std::vector<RelabelConfig>& rules, SampleLabels labels) {
  for (const RelabelConfig& config : rules)
    if (!RelabelRule::Make(config)->Apply(labels)) return "dropped";
  std::sort(labels.begin(), labels.end());
  std::string text;
  for (const auto& label : labels)
    text.append(text.empty() ? "" : ",").append(label.name).append("=").append(label.value);
  return text;
}

struct Case {
  std::string what;
  std::vector<RelabelConfig> rules;
  SampleLabels before;
  std::string after;
};

void CheckAll(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    INFO(one.what);
    CHECK(Outcome(one.rules, one.before) == one.after);
  }
}

using A = RelabelAction;

// The cases of this file that have letters for labels are those of Prometheus's
// own model/relabel/relabel_test.go.
const SampleLabels kAbc = {{"a", "foo"}, {"b", "bar"}, {"c", "baz"}};
const SampleLabels kNameValue = {{"a", "some-name-value"}};
constexpr char kNameValueRegex[] = "some-([^-]+)-([^,]+)";

}  // namespace

TEST_CASE("replace writes what the groups of an anchored match give") {
  CheckAll({
      {"a group twice",
       {Rule(A::kReplace, {"a"}, "f(.*)", "d", "ch${1}-ch${1}")},
       kAbc,
       "a=foo,b=bar,c=baz,d=choo-choo"},
      {"a later rule sees what an earlier one wrote",
       {Rule(A::kReplace, {"a", "b"}, "f(.*);(.*)r", "a", "b${1}${2}m"),
        Rule(A::kReplace, {"c", "a"}, "(b).*b(.*)ba(.*)", "d", "$1$2$2$3")},
       kAbc,
       "a=boobam,b=bar,c=baz,d=boooom"},
      {"a part of the value is no match",
       {Rule(A::kReplace, {"a"}, "(b)", "d")},
       {{"a", "abc"}},
       "a=abc"},
      {"an alternative is anchored at both ends",
       {Rule(A::kReplace, {"a"}, "o|f", "d", "x")},
       {{"a", "foo"}},
       "a=foo"},
      {"a named group",
       {Rule(A::kReplace, {"a"}, "(?P<first>.)(.*)", "d", "$first-${first}")},
       {{"a", "foo"}},
       "a=foo,d=f-f"},
      {"the longest name counts: $1x is no group",
       {Rule(A::kReplace, {"a"}, "(.*)", "d", "[$1x]")},
       {{"a", "foo"}},
       "a=foo,d=[]"},
      {"a group that does not exist is empty",
       {Rule(A::kReplace, {"a"}, "(.*)", "d", "<$2>")},
       {{"a", "foo"}},
       "a=foo,d=<>"},
      {"a number with a leading zero is a name to Go",
       {Rule(A::kReplace, {"a"}, "(.*)", "d", "<$01>")},
       {{"a", "foo"}},
       "a=foo,d=<>"},
      {"two dollars are one, a lone one stays",
       {Rule(A::kReplace, {"a"}, "(.*)", "d", "$$1 ${ $")},
       {{"a", "foo"}},
       "a=foo,d=$1 ${ $"},
      {"the dot matches a newline",
       {Rule(A::kReplace, {"a"}, "(.*)", "d")},
       {{"a", "x\ny"}},
       "a=x\ny,d=x\ny"},
      {"an absent source is empty, and matches by default",
       {Rule(A::kReplace, {"none"}, "(.*)", "d", "static")},
       {{"a", "foo"}},
       "a=foo,d=static"},
  });
}

TEST_CASE("replace with an empty result deletes the label") {
  CheckAll({
      {"that was there", {Rule(A::kReplace, {"a"}, "f(.*)", "a", "")}, {{"a", "foo"}}, ""},
      {"or was not", {Rule(A::kReplace, {"a"}, "f(.*)", "d", "")}, {{"a", "foo"}}, "a=foo"},
      {"only on a match", {Rule(A::kReplace, {"a"}, "x(.*)", "a", "")}, {{"a", "foo"}}, "a=foo"},
  });
}

TEST_CASE("a target may be made of groups, and does nothing where that is no label name") {
  CheckAll({
      {"a name",
       {Rule(A::kReplace, {"a"}, kNameValueRegex, "${1}", "${2}")},
       kNameValue,
       "a=some-name-value,name=value"},
      {"an empty value",
       {Rule(A::kReplace, {"a"}, kNameValueRegex, "${1}", "${3}")},
       kNameValue,
       "a=some-name-value"},
      {"an empty name",
       {Rule(A::kReplace, {"a"}, kNameValueRegex, "${3}", "${1}")},
       kNameValue,
       "a=some-name-value"},
      {"a name that begins with a digit",
       {Rule(A::kReplace, {"a"}, kNameValueRegex, "0${1}", "${1}")},
       kNameValue,
       "a=some-name-value"},
      {"a tag list",
       {Rule(A::kReplace, {"t"}, "(?:.+,|^)label:([^=]+)=([^,]+).*", "${1}", "${2}"),
        Rule(A::kLabelDrop, {}, "t", "")},
       {{"t", "path:/secret,job:some-job,label:foo=bar"}},
       "foo=bar"},
  });
}

TEST_CASE("keep and drop judge the joined sources") {
  CheckAll({
      {"drop", {Rule(A::kDrop, {"a"}, ".*o.*", "")}, kAbc, "dropped"},
      {"drop without a match", {Rule(A::kDrop, {"a"}, "f|o", "")}, {{"a", "foo"}}, "a=foo"},
      {"keep", {Rule(A::kKeep, {"a", "b"}, "foo;bar", "")}, kAbc, "a=foo,b=bar,c=baz"},
      {"keep without a match", {Rule(A::kKeep, {"a"}, "no-match", "")}, {{"a", "foo"}}, "dropped"},
      {"the first that drops ends it",
       {Rule(A::kDrop, {"a"}, "foo", ""), Rule(A::kReplace, {"a"}, "(.*)", "d")},
       kAbc,
       "dropped"},
      {"the sample's name is a label",
       {Rule(A::kDrop, {"__name__"}, "redis_.*", "")},
       {{"__name__", "redis_up"}},
       "dropped"},
  });
}

TEST_CASE("keepequal and dropequal compare the sources with the target") {
  const SampleLabels same = {{"p", "1234"}, {"q", "1234"}};
  const SampleLabels other = {{"p", "1234"}, {"q", "5678"}};
  CheckAll({
      {"kept", {Rule(A::kKeepEqual, {"p"}, "(.*)", "q")}, same, "p=1234,q=1234"},
      {"not kept", {Rule(A::kKeepEqual, {"p"}, "(.*)", "q")}, other, "dropped"},
      {"dropped", {Rule(A::kDropEqual, {"p"}, "(.*)", "q")}, same, "dropped"},
      {"not dropped", {Rule(A::kDropEqual, {"p"}, "(.*)", "q")}, other, "p=1234,q=5678"},
      {"two absent ones are equal",
       {Rule(A::kKeepEqual, {"x"}, "(.*)", "y")},
       same,
       "p=1234,q=1234"},
  });
}

TEST_CASE("labelmap, labeldrop and labelkeep go by the labels' names") {
  const SampleLabels labels = {{"a", "foo"}, {"b1", "bar"}, {"b2", "baz"}};
  CheckAll({
      {"labelmap copies",
       {Rule(A::kLabelMap, {}, "(b.*)", "", "bar_${1}")},
       labels,
       "a=foo,b1=bar,b2=baz,bar_b1=bar,bar_b2=baz"},
      {"labelmap takes the default replacement",
       {Rule(A::kLabelMap, {}, "m_(my.*)", "")},
       {{"a", "foo"}, {"m_my_bar", "aaa"}, {"m_other", "ccc"}},
       "a=foo,m_my_bar=aaa,m_other=ccc,my_bar=aaa"},
      {"labelmap passes over an empty label, which Prometheus never sees",
       {Rule(A::kLabelMap, {}, "a", "", "b")},
       {{"a", ""}, {"b", "stays"}},
       "a=,b=stays"},
      {"labeldrop", {Rule(A::kLabelDrop, {}, "(b.*)", "")}, labels, "a=foo"},
      {"labelkeep", {Rule(A::kLabelKeep, {}, "(b.*)", "")}, labels, "b1=bar,b2=baz"},
      {"labelkeep takes the name of a sample too",
       {Rule(A::kLabelKeep, {}, "a", "")},
       {{"__name__", "x"}, {"a", "1"}},
       "a=1"},
  });
}

TEST_CASE("lowercase and uppercase convert the joined sources") {
  const SampleLabels labels = {{"foo", "bAr123Foo"}};
  CheckAll({
      {"lower", {Rule(A::kLowercase, {"foo"}, "(.*)", "x")}, labels, "foo=bAr123Foo,x=bar123foo"},
      {"upper", {Rule(A::kUppercase, {"foo"}, "(.*)", "x")}, labels, "foo=bAr123Foo,x=BAR123FOO"},
      {"bytes above ASCII stay", {Rule(A::kUppercase, {"f"}, "(.*)", "f")}, {{"f", "é"}}, "f=é"},
  });
}

TEST_CASE("hashmod gives the number that Prometheus gives") {
  CheckAll({
      {"a value", {HashMod("c", "d", 1000)}, kAbc, "a=foo,b=bar,c=baz,d=976"},
      {"with a newline", {HashMod("a", "b", 1000)}, {{"a", "foo\nbar"}}, "a=foo\nbar,b=734"},
      {"an absent source has a hash", {HashMod("x", "b", 1000)}, {{"a", "1"}}, "a=1,b=958"},
  });
}

TEST_CASE("hash hides a value behind the same 16 hex digits each time") {
  CheckAll({
      {"in its own place",
       {Rule(A::kHash, {"tenant"}, "(.*)", "tenant")},
       {{"tenant", "acme"}},
       "tenant=822b33ad87c148a0"},
      {"joined",
       {Rule(A::kHash, {"tenant", "id"}, "(.*)", "key")},
       {{"tenant", "acme"}, {"id", "7"}},
       "id=7,key=5cb5455a264e0589,tenant=acme"},
      {"an absent value stays absent", {Rule(A::kHash, {"x"}, "(.*)", "h")}, {{"a", "1"}}, "a=1"},
  });
}

TEST_CASE("sources are joined by the separator") {
  RelabelConfig config = Rule(A::kReplace, {"a", "b", "none"}, "(.*)", "d");
  config.separator = "||";
  CHECK(Outcome({config}, kAbc) == "a=foo,b=bar,c=baz,d=foo||bar||");
}

TEST_CASE("a rule whose fields do not fit is refused, naming the field") {
  struct Refused {
    RelabelConfig config;
    std::string_view field;
  };
  const std::vector<Refused> cases = {
      {Rule(A::kReplace, {"a"}, "(", "d"), "regex "},
      {Rule(A::kReplace, {"a"}, "(.*)", ""), "target_label "},
      {Rule(A::kHash, {"a"}, "(.*)", ""), "target_label "},
      {Rule(A::kLowercase, {"a"}, "(.*)", "not-a-name"), "target_label "},
      {Rule(A::kKeepEqual, {"a"}, "(.*)", "${1}"), "target_label "},
      {HashMod("a", "d", 0), "modulus "},
  };
  for (const Refused& one : cases) {
    INFO(one.field);
    std::string message;
    try {
      RelabelRule::Make(one.config);
    } catch (const std::invalid_argument& error) {
      message = error.what();
    }
    CHECK(message.starts_with(one.field));
  }
}

}  // namespace exporter
