#include "exporter/app.h"

#include <algorithm>
#include <set>
#include <utility>

#include "exporter/forms/negotiation.h"
#include "exporter/page/health_series.h"
#include "exporter/page/page.h"
#include "exporter/page/status_page.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Long enough for every thread that can be woken; short enough that the whole process ends within a
// second.
constexpr milliseconds kAnswerPatience{200};
constexpr milliseconds kStopPatience{500};

// ?collector=NAME and ?name[]=NAME; both may be repeated.
PageQuery QueryOf(const HttpRequest& request) {
  PageQuery query;
  for (const auto& [name, value] : request.parameters) {
    if (name == "collector") query.collectors.insert(value);
    if (name == "name[]") query.names.insert(value);
  }
  return query;
}

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
          [this](std::string_view reason) { self_metrics_.http().CountCut(reason); },
          [this](std::string_view reason) { self_metrics_.http().CountNotAccepted(reason); },
          options_.broken};
}

std::vector<HttpRoute> App::Routes() {
  const auto healthy = [](const HttpRequest&) { return HttpAnswer::Text("healthy\n"); };
  const auto ready = [this](const HttpRequest&) { return Ready(); };
  // If a probe waited behind pages, a healthy process would be restarted.
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

// Read before the page: if a collection ends in between, a page without its reading must not report
// it as good.
std::vector<CollectorHealth> App::HealthAt(SteadyTime now) { return store_.Health(now); }

std::vector<Family> App::Tail(const std::vector<CollectorHealth>& health, SteadyTime now) const {
  std::vector<Family> tail = HealthFamilies(health);
  for (Family& family : self_metrics_.Families(health, now)) tail.push_back(std::move(family));
  return tail;
}

std::string App::RenderPage() {
  const SteadyTime now = steady_clock::now();
  const auto health = HealthAt(now);
  const auto page = store_.CurrentPage(now);
  return page->Text() + TextOf(Tail(health, now));
}

HttpAnswer App::Metrics(const HttpRequest& request) {
  const PageQuery query = QueryOf(request);
  const SteadyTime now = steady_clock::now();
  auto health = HealthAt(now);
  for (const std::string& name : query.collectors) {
    if (std::none_of(health.begin(), health.end(),
                     [&name](const CollectorHealth& known) { return known.name == name; }))
      return HttpAnswer::Text("unknown collector: " + name.substr(0, 100) + "\n", 400);
  }
  if (!query.collectors.empty())
    std::erase_if(health,
                  [&](const auto& known) { return !query.collectors.contains(known.name); });
  const PageQuery known = store_.Known(query);
  const auto page = store_.PageOf(known, now);
  const Form form = FormFor(request.accept, request.accept_encoding, page->has_extras());
  store_.NoteForm(known, form, now);
  std::vector<Family> tail = Tail(health, now);
  if (!query.names.empty())
    std::erase_if(tail, [&](const Family& family) { return !query.names.contains(family.name()); });
  PageBody body = BodyOf(page, form, tail);
  return {200, std::string(ContentType(form.format)), std::string(ContentEncoding(form.coding)),
          std::move(body.pieces), std::move(body.owner)};
}

HttpAnswer App::Ready() {
  return store_.Ready(steady_clock::now()) ? HttpAnswer::Text("ready\n")
                                           : HttpAnswer::Text("starting\n", 503);
}

}  // namespace exporter
