#include "exporter/http/http_metrics.h"

#include "exporter/http/http_cut.h"
#include "exporter/http/http_door.h"

namespace exporter {
namespace {

// For pages from a few series to a million.
const prometheus::Histogram::BucketBoundaries kBuckets = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5};

}  // namespace

HttpMetrics::HttpMetrics()
    : requests_(prometheus::BuildCounter()
                    .Name("exporter_http_requests_total")
                    .Help("HTTP answers that were sent whole, by handler and status code.")
                    .Register(registry_)),
      durations_(prometheus::BuildHistogram()
                     .Name("exporter_http_request_duration_seconds")
                     .Help("Time to make an answer that was sent whole, without the time that its "
                           "client took to receive it, in seconds.")
                     .Register(registry_)),
      cut_(prometheus::BuildCounter()
               .Name("exporter_http_cut_answers_total")
               .Help("HTTP answers that were not sent whole, by reason.")
               .Register(registry_)),
      not_accepted_(prometheus::BuildCounter()
                        .Name("exporter_http_accept_errors_total")
                        .Help("Failed attempts to accept a connection, by reason; each is "
                              "followed by another.")
                        .Register(registry_)) {
  for (const std::string_view reason : kHttpCutReasons) cut_.Add({{"reason", std::string(reason)}});
  for (const std::string_view reason : HttpDoor::kReasons)
    not_accepted_.Add({{"reason", std::string(reason)}});
}

void HttpMetrics::Observe(std::string_view handler, int code, double seconds) {
  const std::string name(handler);
  requests_.Add({{"handler", name}, {"code", std::to_string(code)}}).Increment();
  durations_.Add({{"handler", name}}, kBuckets).Observe(seconds);
}

void HttpMetrics::CountCut(std::string_view reason) {
  cut_.Add({{"reason", std::string(reason)}}).Increment();
}

void HttpMetrics::CountNotAccepted(std::string_view reason) {
  not_accepted_.Add({{"reason", std::string(reason)}}).Increment();
}

}  // namespace exporter
