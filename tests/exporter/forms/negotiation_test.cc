#include "exporter/forms/negotiation.h"

#include <doctest/doctest.h>

namespace exporter {
namespace {

// What real scrapers send.
constexpr const char* kPrometheus242 =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
constexpr const char* kPrometheus242Native =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
    "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
constexpr const char* kPrometheus3 =
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.7,"
    "application/openmetrics-text;version=0.0.1;q=0.6,text/"
    "plain;version=1.0.0;escaping=allow-utf-8;"
    "q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.3";
constexpr const char* kPrometheus3Native =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;"
    "q=0.7,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
constexpr const char* kVmagent = "text/plain;version=0.0.4;q=1,*/*;q=0.1";

}  // namespace

TEST_CASE("each scraper gets the format that it reads best") {
  struct Case {
    const char* accept;
    Format plain;   // The page has nothing that text lacks.
    Format extras;  // It has exemplars.
  };
  const Case cases[] = {
      {kPrometheus242, Format::kText, Format::kOpenMetrics},
      {kPrometheus242Native, Format::kProtobuf, Format::kProtobuf},
      {kPrometheus3, Format::kText, Format::kOpenMetrics},
      {kPrometheus3Native, Format::kProtobuf, Format::kProtobuf},
      {kVmagent, Format::kText, Format::kText},
      {"", Format::kText, Format::kText},
      {"*/*", Format::kText, Format::kText},
      {"application/json", Format::kText, Format::kText},
      {"text/html,application/xhtml+xml,*/*;q=0.8", Format::kText, Format::kText},
      {"application/openmetrics-text", Format::kOpenMetrics, Format::kOpenMetrics},
      {"APPLICATION/OpenMetrics-Text; Version=1.0.0", Format::kOpenMetrics, Format::kOpenMetrics},
      {"application/openmetrics-text;version=2.0.0,text/plain;q=0.1", Format::kText, Format::kText},
      {"application/openmetrics-text;q=0", Format::kText, Format::kText},
      {"application/openmetrics-text;q=0.2,text/plain;q=0", Format::kOpenMetrics,
       Format::kOpenMetrics},
      {"text/plain,application/openmetrics-text", Format::kText, Format::kText},
      {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.7,*/*;q=0.6",
       Format::kOpenMetrics, Format::kOpenMetrics},
      {"application/vnd.google.protobuf", Format::kProtobuf, Format::kProtobuf},
      {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
       Format::kText, Format::kText},
      {",;,;;q=,q=x;;=,", Format::kText, Format::kText},
  };
  for (const Case& one : cases) {
    INFO(one.accept);
    CHECK(FormFor(one.accept, "", false).format == one.plain);
    CHECK(FormFor(one.accept, "", true).format == one.extras);
  }
}

TEST_CASE("a page is packed only as the client says that it can unpack") {
  struct Case {
    const char* encoding;
    Coding coding;
  };
  const Case cases[] = {
      {"", Coding::kIdentity},
      {"identity", Coding::kIdentity},
      {"gzip", Coding::kGzip},
      {"GZIP", Coding::kGzip},
      {"gzip;q=0", Coding::kIdentity},
      {"gzip;q=0.5, deflate", Coding::kGzip},
      {"deflate, br", Coding::kIdentity},
      {"*", Coding::kGzip},
      {"*;q=0", Coding::kIdentity},
      {"gzip;q=0, *", Coding::kIdentity},
      {"zstd,gzip", Coding::kZstd},
      {"zstd", Coding::kZstd},
      {"zstd;q=0.5, gzip", Coding::kGzip},
      {"zstd;q=0", Coding::kIdentity},
  };
  for (const Case& one : cases) {
    INFO(one.encoding);
    CHECK(FormFor("", one.encoding, false).coding == one.coding);
  }
}

}  // namespace exporter
