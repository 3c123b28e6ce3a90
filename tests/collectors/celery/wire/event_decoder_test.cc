#include "collectors/celery/wire/event_decoder.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/celery_events.h"

namespace collectors {
namespace {

using testing::CelerySample;
using testing::CelerySampleLines;
using Lines = std::vector<std::string>;

Lines Decode(std::string_view message, Wrapping wrapping) {
  EventDecoder decoder;
  testing::Transcript transcript;
  decoder.Decode(message, wrapping, transcript);
  return transcript.lines;
}

Lines Plain(std::string_view message) { return Decode(message, Wrapping::kPlain); }
Lines Wrapped(std::string_view message) { return Decode(message, Wrapping::kEnvelope); }
Lines Sample(std::string_view name) { return Wrapped(CelerySample(name)); }

std::string Event(std::string_view fields) {
  return fmt::format(R"({{"type": "task-started", "uuid": "u"{}}})", fields);
}

}  // namespace

TEST_CASE("each kind of captured message becomes its events") {
  CHECK(Sample("redis-c563-ev-task-sent.json") ==
        Lines{"task-sent 60812ef4-87ba-4f9a-b00d-94392ecbd77e of gen11026@vm at 1795230746.5034297 "
              "name=lab.add queue=celery retries=0"});
  CHECK(
      Sample("redis-c563-ev-task-multi-3.json") ==
      Lines{"task-started 9e43ffb1-7ef0-4257-86a7-a16cd1f652fd of w1@labhost at 1795230746.5131557",
            "task-succeeded 60812ef4-87ba-4f9a-b00d-94392ecbd77e of w1@labhost at "
            "1795230746.5132895 runtime=0.006142441000065446",
            "task-received 72c120ff-c1c3-4e3b-b6f3-3ad7c9cbf5cc of w1@labhost at "
            "1795230746.514478 name=lab.retry_once retries=0"});
  CHECK(Sample("redis-c563-ev-worker-heartbeat.json") ==
        Lines{"worker-heartbeat of w1@labhost at 1795230742.9680617 active=0 processed=0"});
  CHECK(Sample("redis-c563-ev-worker-online.json").at(0).starts_with("worker-online of w1@"));
  CHECK(Sample("redis-c563-ev-worker-offline.json").at(0).starts_with("worker-offline of w1@"));
  CHECK(Sample("redis-c563-ev-task-progress.json") == Lines{"unknown"});
}

TEST_CASE("both versions of Celery say the same in the same form") {
  for (const std::string name : {"task-sent", "task-multi-1", "task-multi-3", "worker-heartbeat"}) {
    CAPTURE(name);
    const Lines old = Sample("redis-c526-ev-" + name + ".json");
    const Lines latest = Sample("redis-c563-ev-" + name + ".json");
    REQUIRE(old.size() == latest.size());
    for (std::size_t i = 0; i < old.size(); ++i)
      CHECK(std::count(old[i].begin(), old[i].end(), ' ') > 3);
    CHECK(std::find(old.begin(), old.end(), "malformed") == old.end());
  }
}

TEST_CASE("every event of a captured run is read") {
  for (const std::string_view run : {"redis-c526-events.jsonl", "redis-c563-events.jsonl",
                                     "amqp-c526-events.jsonl", "amqp-c563-events.jsonl"}) {
    CAPTURE(run);
    std::size_t custom = 0;
    for (const std::string& body : CelerySampleLines(run)) {
      CAPTURE(body);
      for (const std::string& line : Plain(body)) {
        CHECK(line != "malformed");
        if (line == "unknown") ++custom;
      }
    }
    CHECK(custom == (run.starts_with("redis") ? 1 : 0));
  }
}

TEST_CASE("a body is read in base64 and plain, with slashes escaped or not") {
  const Lines expected = {"worker-online of w@h"};
  for (const std::string_view message :
       {R"({"body": "{\"type\": \"worker-online\", \"hostname\": \"w@h\"}"})",
        R"({"body": "{\"type\": \"worker-online\", \"hostname\": \"w@h\"}", "properties": {}})",
        R"({"properties": {"body_encoding": null}, "body":
            "{\"type\": \"worker-online\", \"hostname\": \"w@h\"}"})",
        R"({"properties": {"body_encoding": "base64", "delivery_info": {"exchange": "x"}}, "body":
            "eyJ0eXBlIjogIndvcmtlci1vbmxpbmUiLCAiaG9zdG5hbWUiOiAid0BoIn0="})",
        R"({"body": "eyJ0eXBlIjogIndvcmtlci1vbmxpbmUiLCAiaG9zdG5hbWUiOiAid0Bo\u0049n0=",
            "properties": {"body_encoding": "base64"}, "headers": {"a": [1, {"b": null}]}})"}) {
    CAPTURE(message);
    CHECK(Wrapped(message) == expected);
  }
}

TEST_CASE("the fields of an event may come in any order, and others are passed over") {
  CHECK(Plain(R"({"runtime": 0.5, "result": "\ud800 {\"type\": [", "args": [[{}], "]"],
                  "uuid": "u", "type": "task-succeeded", "traceback": null})") ==
        Lines{"task-succeeded u runtime=0.5"});
  CHECK(Plain(" \n[ ] ").empty());
  CHECK(Plain(R"({"uuid": "\u00fc\n", "type": "task-started"})") == Lines{"task-started \u00fc\n"});
}

TEST_CASE("an odd number or time costs itself alone") {
  for (const std::string_view fields :
       {R"(, "timestamp": null)", R"(, "timestamp": "now")", R"(, "timestamp": 1e999)",
        R"(, "timestamp": NaN)", R"(, "timestamp": -Infinity)", R"(, "timestamp": [1])",
        R"(, "eta": 17)", R"(, "eta": "soon")", R"(, "eta": null)", R"(, "eta": {"a": 1})",
        R"(, "runtime": {}, "active": true, "processed": "1", "retries": [])",
        R"(, "name": null)"}) {
    CAPTURE(fields);
    CHECK(Plain(Event(fields)) == Lines{"task-started u"});
  }
  CHECK(Plain(Event(R"(, "timestamp": 123456789012345678901234567890)")) ==
        Lines{"task-started u at 1.2345678901234568e+29"});
  CHECK(Plain(Event(R"(, "timestamp": -1)")) == Lines{"task-started u at -1"});
}

TEST_CASE("a time to run has any offset") {
  for (const std::string_view eta : {"2026-11-21T03:37:46+00:00", "2026-11-21T09:07:46+05:30",
                                     "2026-11-21T03:37:46Z", "2026-11-21T03:37:46"}) {
    CHECK(Plain(Event(fmt::format(R"(, "eta": "{}")", eta))) ==
          Lines{"task-started u eta=1795232266"});
  }
}

TEST_CASE("a task that its worker does not know has the name that its exception says") {
  struct Case {
    std::string_view exception;
    std::string name;
  };
  const std::string huge(2000, 'x');
  const std::string too_long = "NotRegistered('" + huge + "')";
  const Case cases[] = {{"NotRegistered('shop.buy')", "shop.buy"},
                        {"NotRegistered('')", ""},
                        {"NotRegistered('shop", ""},
                        {"NotRegistered('shop\\\\x41')", ""},
                        {"NotRegistered(shop)", ""},
                        {"ValueError('shop.buy')", ""},
                        {too_long, ""}};
  for (const Case& c : cases) {
    CAPTURE(c.exception);
    const Lines lines = Plain(
        fmt::format(R"({{"type": "task-failed", "uuid": "u", "exception": "{}"}})", c.exception));
    REQUIRE(lines.size() == 1);
    const std::string name = c.name.empty() ? "" : " name=" + c.name;
    CHECK(lines[0].starts_with("task-failed u" + name + " exception="));
  }
  CHECK(Plain(R"j({"type": "task-retried", "uuid": "u", "exception": "NotRegistered('a')"})j") ==
        Lines{"task-retried u"});
}

TEST_CASE("an exception is told by its class, and by nothing else that it says") {
  struct Case {
    std::string_view json;
    std::string_view exception;
  };
  const std::string at_most(200, 'x');
  const std::string quoted = '"' + at_most + "('a')\"";
  const std::string long_name = '"' + at_most + "x('a')\"";
  const Case cases[] = {
      {R"j("ValueError('synthetic failure')")j", "ValueError"},
      {R"j("ExceptionWithTraceback()")j", "ExceptionWithTraceback"},
      {R"j("app.errors.Gone(410)")j", "app.errors.Gone"},
      {R"j("\u00dcberlauf(\"x\")")j", "\u00dcberlauf"},
      {R"j("\u0056alueError(1)")j", "ValueError"},
      {R"j("ValueError('\ud800')")j", "ValueError"},
      {R"j("<HttpError 404 for https://shop.example/?key=1 (gone)>")j", "UnknownException"},
      {R"j("ValueError")j", "UnknownException"},
      {R"j("")j", "UnknownException"},
      {R"j("(1)")j", "UnknownException"},
      {R"j("\\(1)")j", "UnknownException"},
      {R"j("Value Error(1)")j", "UnknownException"},
      {"null", "UnknownException"},
      {"{}", "UnknownException"},
      {quoted, at_most},
      {long_name, "UnknownException"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.json);
    CHECK(
        Plain(fmt::format(R"({{"type": "task-failed", "uuid": "u", "exception": {}}})", c.json)) ==
        Lines{fmt::format("task-failed u exception={}", c.exception)});
  }
  CHECK(Plain(R"({"type": "task-failed", "uuid": "u"})") ==
        Lines{"task-failed u exception=UnknownException"});
  CHECK(Plain(R"j({"type": "task-retried", "uuid": "u", "exception": "E()"})j") ==
        Lines{"task-retried u"});
}

TEST_CASE("an exception that hides its class has it from the last line of its traceback") {
  struct Case {
    std::string_view exception;
    std::string_view raised;
    std::string_view told;
  };
  constexpr std::string_view kWrapped = "ExceptionWithTraceback()";
  const Case cases[] = {
      {kWrapped, R"(billiard.exceptions.TimeLimitExceeded: TimeLimitExceeded(0.5,)\n)",
       "task-failed u exception=TimeLimitExceeded"},
      {kWrapped, R"(billiard.exceptions.WorkerLostError: (\"gone\",)\n)",
       "task-failed u exception=WorkerLostError"},
      {kWrapped, R"(ValueError: first\nKeyError: of the message\n)",
       "task-failed u exception=ValueError"},
      {kWrapped, "KeyboardInterrupt", "task-failed u exception=KeyboardInterrupt"},
      {kWrapped, "no class at all", "task-failed u exception=ExceptionWithTraceback"},
      {"<Gone 410>", R"(shop.errors.Gone: 410\n)", "task-failed u exception=Gone"},
      {"ValueError(1)", R"(shop.errors.Gone: 410\n)", "task-failed u exception=ValueError"},
      // Celery 5.7 sends this for a task that raises Reject, before task-rejected.
      {"reject requeue=False: unwanted", R"(celery.exceptions.Reject: ('unwanted', False)\n)",
       "task-rejected u"},
      {kWrapped, R"(celery.exceptions.Reject: ('unwanted', False)\n)", "task-rejected u"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.raised);
    CHECK(Plain(fmt::format(R"({{"traceback": "Traceback:\n  File \"a.py\", line 1\n    raise\n{}")"
                            R"(, "type": "task-failed", "uuid": "u", "exception": "{}"}})",
                            c.raised, c.exception)) == Lines{std::string(c.told)});
  }
  CHECK(Plain(R"j({"type": "task-failed", "uuid": "u", "exception": "ExceptionWithTraceback()",)j"
              R"j( "traceback": null})j") ==
        Lines{"task-failed u exception=ExceptionWithTraceback"});
}

TEST_CASE("what is no event is told as malformed, once") {
  const std::string long_text(1025, 'x');
  const std::string deep = std::string(100000, '[');
  const std::string cases[] = {
      "",
      " ",
      "null",
      "1",
      "\"x\"",
      "{",
      "[",
      "{}",
      "[",
      deep,
      "\xff",
      "{\"a\": \"\xff\"}",
      R"({"type": 1, "uuid": "u"})",
      R"({"type": "task-started"})",
      R"({"type": "task-started", "uuid": ""})",
      R"({"type": "task-started", "uuid": 7})",
      R"({"type": "task-started", "uuid": null})",
      R"({"type": "worker-online"})",
      R"({"type": null, "uuid": "u"})",
      R"({"type": "", "uuid": "u"})",
      "[[]]",
      "[1]",
      "[null]",
      R"([{"type": "task-started", "uuid": "u"})",
      R"({"type": "task-started", "uuid": "u")",
      R"({"type": "task-started", "uuid": "u)",
      Event(R"(, "hostname": "\ud800")"),
      Event(R"(, "hostname": [])"),
      Event(R"(, "name": {"a": 1})"),
      Event(fmt::format(R"(, "hostname": "{}")", long_text)),
      Event(fmt::format(R"(, "queue": "{}")", long_text)),
      Event(fmt::format(R"(, "name": "{}")", long_text)),
      std::string((4 << 20) + 1, ' '),
  };
  for (const std::string& message : cases) {
    CAPTURE(message.substr(0, 80));
    CHECK(Plain(message) == Lines{"malformed"});
  }
  for (const std::string_view message :
       {"", "[]", "{}", "null", R"({"body": 1})", R"({"body": null})", R"({"body": ""})",
        R"({"body": "{"})", R"({"body": "[]", "properties": 1})", R"({"body": "[]"} {})",
        R"({"body": "[]", "properties": {"body_encoding": 1}})",
        R"({"body": "[]", "properties": {"body_encoding": "base64"}})",
        R"({"body": "====", "properties": {"body_encoding": "base64"}})",
        R"({"body": "W10", "properties": {"body_encoding": "base64"}})",
        R"({"body": "W1\u00ff=", "properties": {"body_encoding": "base64"}})"}) {
    CAPTURE(message);
    CHECK(Wrapped(message) == Lines{"malformed"});
  }
}

TEST_CASE("of a message that is not JSON its format is told, in whatever order") {
  for (
      const char* const message : {
          R"({"body": "gAR9", "content-type": "application/x-python-serialize", "properties": {}})",
          R"({"content-type": "application/x-python-serialize", "body": "gAR9"})",
      }) {
    CHECK(Wrapped(message) == Lines{"foreign application/x-python-serialize"});
  }
}

TEST_CASE("a malformed event of a batch costs itself alone") {
  const std::string good = Event("");
  const std::string line = "task-started u";
  struct Case {
    std::string batch;
    Lines lines;
  };
  const Case cases[] = {
      {fmt::format("[{}, 1, [{}], {}]", good, good, good), {line, "malformed", "malformed", line}},
      {fmt::format("[{}, {{}}, {}]", good, good), {line, "malformed", line}},
      {fmt::format("[{}, {}]", Event(R"(, "hostname": {"type": [1, "a"]}, "x": 1)"), good),
       {"malformed", line}},
      {fmt::format("[{}, {}]", Event(R"(, "hostname": "\ud800")"), good), {"malformed", line}},
      {fmt::format(R"([{}, {{"type": "task-progress", "uuid": 1}}, {}])", good, good),
       {line, "malformed", line}},
      {fmt::format(R"([{}, {{"type": "task-progress"}}, {}])", good, good),
       {line, "unknown", line}},
      // Broken JSON: the part before it is good.
      {fmt::format("[{}, {{\"type\" 1}}, {}]", good, good), {line, "malformed"}},
      {fmt::format("[{}] []", good), {line, "malformed"}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.batch);
    CHECK(Plain(c.batch) == c.lines);
  }
}

TEST_CASE("a huge message is read, and the decoder goes on") {
  EventDecoder decoder;
  testing::Transcript transcript;
  const std::string traceback(std::size_t{3} << 20, 'x');
  decoder.Decode(Event(fmt::format(R"(, "traceback": "{}")", traceback)), Wrapping::kPlain,
                 transcript);
  decoder.Decode(Event(""), Wrapping::kPlain, transcript);
  CHECK(transcript.lines == Lines{"task-started u", "task-started u"});
}

}  // namespace collectors
