#include "exporter/app.h"

#include <algorithm>
#include <set>
#include <utility>

#include "exporter/exposition.h"
#include "exporter/page.h"
#include "exporter/status_page.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Long enough for every thread that can be woken, short enough that the whole
// process ends within a second.
constexpr milliseconds kAnswerPatience{200};
constexpr milliseconds kStopPatience{500};

}  // namespace

App::App(std::vector<Job> jobs, AppOptions options)
    : options_(std::move(options)),
      self_metrics_(options_.build, Moment::Now().unix_seconds),
      scheduler_(std::move(jobs), store_, watchdog_),
      http_(Routes(), Observer()) {}

HttpObserver App::Observer() {
  return {[this](std::string_view handler, int code, double seconds) {
            self_metrics_.http().Observe(handler, code, seconds);
          },
          [this](std::string_view reason) { self_metrics_.http().CountNotAccepted(reason); },
          options_.broken};
}

std::vector<HttpRoute> App::Routes() {
  const auto healthy = [](const HttpRequest&) { return HttpAnswer::Text("healthy\n"); };
  const auto ready = [this](const HttpRequest&) { return Ready(); };
  // A probe that waits behind pages would have a healthy process restarted.
  constexpr bool kAtOnce = true;
  return {
      {options_.telemetry_path, "metrics",
       [this](const auto& request) { return Metrics(request); }},
      {"/-/healthy", "healthy", healthy, kAtOnce},
      {"/health", "healthy", healthy, kAtOnce},
      {"/-/ready", "ready", ready, kAtOnce},
      {"/ready", "ready", ready, kAtOnce},
      {"/api/v1/status", "status",
       [this](const HttpRequest&) {
         return HttpAnswer::Text(RenderStatusJson(Health(), options_.build.version), 200,
                                 "application/json");
       }},
      {"/", "index",
       [this](const HttpRequest&) {
         return HttpAnswer::Text(RenderStatusHtml(Health(), Moment::Now().unix_seconds,
                                                  options_.build.version, options_.telemetry_path),
                                 200, "text/html; charset=utf-8");
       }},
  };
}

std::vector<int> App::Start() {
  auto ports = http_.Start(options_.listen);
  scheduler_.Start();
  return ports;
}

bool App::Stop() {
  const bool answered = http_.Stop(kAnswerPatience);
  return scheduler_.Stop(kStopPatience) && answered;
}

std::vector<CollectorHealth> App::Health() { return HealthAt(steady_clock::now()); }

// Asked before the page: a collection that ends in between must not be told of as
// good by a page that lacks it.
std::vector<CollectorHealth> App::HealthAt(SteadyTime now) {
  store_.CurrentPage(now);  // So that `series` knows what has expired.
  return store_.Health(now);
}

std::string App::RenderPage() {
  const SteadyTime now = steady_clock::now();
  const auto health = HealthAt(now);
  const auto page = store_.CurrentPage(now);
  return page->Text() + RenderHealthFamilies(health) + self_metrics_.Render(health, now);
}

HttpAnswer App::Metrics(const HttpRequest& request) {
  std::set<std::string> names;
  for (const auto& [name, value] : request.parameters)
    if (name == "collector") names.insert(value);
  const SteadyTime now = steady_clock::now();
  auto health = HealthAt(now);
  auto page = store_.CurrentPage(now);
  for (const std::string& name : names) {
    if (std::none_of(health.begin(), health.end(),
                     [&name](const CollectorHealth& known) { return known.name == name; }))
      return HttpAnswer::Text("unknown collector: " + name.substr(0, 100) + "\n", 400);
  }
  if (!names.empty()) {
    page = store_.PageOf(names, now);
    std::erase_if(health, [&names](const auto& known) { return !names.contains(known.name); });
  }
  std::string tail = RenderHealthFamilies(health) + self_metrics_.Render(health, now);
  PageBody body = request.accepts_gzip ? GzipBody(std::move(page), tail)
                                       : PlainBody(std::move(page), std::move(tail));
  return {200, kTextContentType, request.accepts_gzip, std::move(body.pieces),
          std::move(body.owner)};
}

HttpAnswer App::Ready() const {
  return store_.Ready(steady_clock::now()) ? HttpAnswer::Text("ready\n")
                                           : HttpAnswer::Text("starting\n", 503);
}

}  // namespace exporter
