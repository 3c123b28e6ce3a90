#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "exporter/config/job.h"
#include "exporter/http/http_server.h"
#include "exporter/page/snapshot_store.h"
#include "exporter/run/scheduler.h"
#include "exporter/seam/watchdog.h"
#include "exporter/self_metrics.h"

namespace exporter {

struct AppOptions {
  std::vector<ListenAddress> listen;
  std::string telemetry_path = "/metrics";
  BuildInfo build;
  // Called once, on a thread of the server, if the server cannot answer any more.
  std::function<void(const std::string& reason)> broken = [](const std::string&) {};
};

// The running program. Owns all its parts, in order of construction. One thread uses it: main, a
// test or a benchmark.
class App {
 public:
  App(std::vector<Job> jobs, AppOptions options);

  // Starts to serve and to collect; returns the bound ports. Throws std::runtime_error if an
  // address cannot be bound, before any collection.
  std::vector<int> Start();
  // Stops both. Returns false if a collection cannot be interrupted or an answer takes too long;
  // then only _exit ends the process.
  bool Stop();

  // Runs each collector once. Not after Start.
  void CollectOnce() { scheduler_.RunAllOnce(); }

  std::vector<CollectorHealth> Health();
  std::vector<CollectorHealth> HealthAt(SteadyTime now);
  // The whole page as text.
  std::string RenderPage();

 private:
  std::vector<HttpRoute> Routes();
  HttpObserver Observer();
  HttpAnswer Metrics(const HttpRequest& request);
  HttpAnswer Ready();
  // The end of the page: health families and self-metrics.
  std::vector<Family> Tail(const std::vector<CollectorHealth>& health, SteadyTime now) const;

  const AppOptions options_;
  SnapshotStore store_;
  Watchdog watchdog_;
  SelfMetrics self_metrics_;
  Scheduler scheduler_;
  HttpServer http_;
};

}  // namespace exporter
