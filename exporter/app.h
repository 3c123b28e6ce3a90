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
  // Called on a thread of the server's, once, if nobody will be answered any more.
  std::function<void(const std::string& reason)> broken = [](const std::string&) {};
};

// The running program: owns every part, in order of construction. Used by one
// thread; main is one of its users, tests and benchmarks are the others.
class App {
 public:
  App(std::vector<Job> jobs, AppOptions options);

  // Serves and collects from here on; returns the ports bound. Throws
  // std::runtime_error when an address cannot be bound, before any collection.
  std::vector<int> Start();
  // Ends both. False if a collection is stuck where nothing can end it, or an
  // answer takes long; then the process can only be left by _exit.
  bool Stop();

  // Instead of Start: runs each collector once.
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
  // What follows the page: health families and self-metrics.
  std::vector<Family> Tail(const std::vector<CollectorHealth>& health, SteadyTime now) const;

  const AppOptions options_;
  SnapshotStore store_;
  Watchdog watchdog_;
  SelfMetrics self_metrics_;
  Scheduler scheduler_;
  HttpServer http_;
};

}  // namespace exporter
