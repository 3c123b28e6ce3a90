#include "exporter/seam/log.h"

#include <doctest/doctest.h>

namespace exporter {

TEST_CASE("a logfmt line quotes what needs it and nothing else") {
  CHECK(FormatLogLine(LogFormat::kLogfmt, "it \"works\"",
                      {{"collector", "cache-1"}, {"error", "a = b\n"}, {"part", ""}}) ==
        R"(msg="it \"works\"" collector=cache-1 error="a = b\n" part="")");
}

TEST_CASE("a JSON line stays valid whatever a server said") {
  CHECK(FormatLogLine(LogFormat::kJson, "failed", {{"error", "bad \xff byte, \x01 and {}"}}) ==
        "\"msg\":\"failed\",\"error\":\"bad \xef\xbf\xbd byte, \\u0001 and {}\"");
}

}  // namespace exporter
