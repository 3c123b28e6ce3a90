#include "exporter/commands.h"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "exporter/app.h"
#include "exporter/config/config.h"
#include "exporter/config/environment_config.h"
#include "exporter/descriptor_limit.h"
#include "exporter/http/health_probe.h"
#include "exporter/seam/log.h"

namespace exporter {
namespace {

sigset_t EndingSignals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  return signals;
}

void PrintProblems(const std::string& source, const std::vector<ConfigProblem>& problems) {
  for (const ConfigProblem& problem : problems)
    fmt::print(stderr, "{}\n", FormatProblem(source, problem));
}

// What a configuration holds. Prints its problems and logs its warnings.
std::vector<Job> Report(const std::string& source, ConfigResult result) {
  PrintProblems(source, result.problems);
  for (const ConfigProblem& warning : result.warnings)
    Log(LogLevel::kWarn, "configuration", {{"warning", FormatProblem(source, warning)}});
  return std::move(result.jobs);
}

// The collectors of the file; without a file, those of the environment. If there are none, the
// problems are printed already. `bad_collector` is about the environment: its URLs are written for
// the application, and the collector of one that cannot be used must not take the others with it.
std::vector<Job> LoadJobs(const Flags& flags, std::span<const CollectorType> types,
                          BadCollector bad_collector) {
  if (!flags.config_path.empty())
    return Report(flags.config_path, LoadConfig(flags.config_path, types));
  const EnvironmentConfig made = ConfigFromEnvironment(types, ProcessEnvironment);
  for (const std::string& left_out : made.left_out)
    Log(LogLevel::kWarn, "a collector is not built in", {{"wanted", left_out}});
  if (made.yaml.empty()) {
    fmt::print(stderr,
               "exporter: nothing to collect: name a file with --config FILE, or set one of {}\n",
               UnderstoodVariables());
    return {};
  }
  return Report("environment",
                ParseConfig(made.yaml, types, ProcessEnvironment, "", bad_collector));
}

AppOptions OptionsFrom(const Flags& flags) {
  return {flags.listen_addresses, flags.telemetry_path, ThisBuild()};
}

// Keeps only the collectors that `--collector` names. If a name is unknown, prints a message and
// returns false.
bool Narrow(std::vector<Job>& jobs, const std::vector<std::string>& names) {
  std::string known;
  for (const Job& job : jobs) known += (known.empty() ? "" : ", ") + job.settings.name;
  for (const std::string& name : names) {
    if (std::any_of(jobs.begin(), jobs.end(),
                    [&name](const Job& job) { return job.settings.name == name; }))
      continue;
    fmt::print(stderr, "exporter: no collector is named {}; there are {}\n", name, known);
    return false;
  }
  if (!names.empty())
    std::erase_if(jobs, [&names](const Job& job) {
      return std::find(names.begin(), names.end(), job.settings.name) == names.end();
    });
  return true;
}

// Ctrl-C ends a single collection at once: nobody waits for an answer.
void EndBySignals() {
  const sigset_t ending = EndingSignals();
  ::pthread_sigmask(SIG_UNBLOCK, &ending, nullptr);
}

// Runs every collector once. Prints to standard error what failed, and what another exporter does.
int CollectOnce(App& app) {
  app.CollectOnce();
  int code = kDone;
  for (const CollectorHealth& health : app.Health()) {
    if (!health.last_errors.empty() || !health.up) code = kCollectionFailed;
    if (health.collections[static_cast<std::size_t>(RunResult::kSkipped)] > 0)
      fmt::print(stderr, "{}: not asked: another exporter does its work\n", health.name);
    for (const CollectError& error : health.last_errors)
      fmt::print(stderr, "{}: {}{}: {}\n", health.name,
                 error.part().empty() ? "" : error.part() + ": ", Name(error.kind()), error.what());
    if (health.failed_parts > health.last_errors.size())
      fmt::print(stderr, "{}: {} more parts failed: the log above names all\n", health.name,
                 health.failed_parts - health.last_errors.size());
    if (health.cut.empty()) continue;
    code = kCollectionFailed;
    fmt::print(stderr, "{}: limit: {}\n", health.name, Describe(health.cut));
  }
  return code;
}

// Exits at once if a thread cannot be interrupted.
int Leave(App& app, int code) {
  std::fflush(stdout);
  if (!app.Stop()) ::_exit(code);
  return code;
}

std::string Indented(std::string_view lines) {
  std::string text;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    text.append("    ").append(line).append("\n");
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
  }
  return text;
}

int Serve(const Flags& flags, std::vector<Job> jobs) {
  const std::size_t count = jobs.size();
  RequireDescriptors(flags.listen_addresses.size(), count);
  std::atomic<bool> broken = false;
  AppOptions options = OptionsFrom(flags);
  options.broken = [&broken](const std::string& reason) {
    Log(LogLevel::kError, "nobody can be answered any more", {{"error", reason}});
    broken = true;
    ::kill(::getpid(), SIGTERM);  // Received below, like a signal from outside.
  };
  App app(std::move(jobs), std::move(options));
  for (const int port : app.Start())
    Log(LogLevel::kInfo, "serving",
        {{"port", std::to_string(port)},
         {"path", flags.telemetry_path},
         {"collectors", std::to_string(count)},
         {"version", ThisBuild().version}});
  const sigset_t ending = EndingSignals();
  int signal = 0;
  ::sigwait(&ending, &signal);
  if (broken) return Leave(app, kUnusable);
  Log(LogLevel::kInfo, "stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  return Leave(app, kDone);
}

}  // namespace

void TakeSignals() {
  const sigset_t ending = EndingSignals();
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  ::signal(SIGPIPE, SIG_IGN);  // A write to a socket that was shut down must not end the process.
  ::signal(SIGHUP, SIG_IGN);
}

int Run(const Flags& flags, std::span<const CollectorType> types) {
  std::vector<Job> jobs = LoadJobs(flags, types, BadCollector::kIsDown);
  if (jobs.empty()) return kUnusable;
  try {
    return Serve(flags, std::move(jobs));
  } catch (const std::system_error& error) {
    fmt::print(stderr, "exporter: the system has no thread or descriptor left: {}\n", error.what());
  } catch (const std::exception& error) {
    fmt::print(stderr, "exporter: {}\n", error.what());
  }
  return kUnusable;
}

int Check(const Flags& flags, std::span<const CollectorType> types) {
  EndBySignals();
  std::vector<Job> jobs = LoadJobs(flags, types, BadCollector::kIsAnError);
  if (jobs.empty()) return kUnusable;
  const std::size_t count = jobs.size();
  if (flags.connect) {
    App app(std::move(jobs), OptionsFrom(flags));
    if (const int code = CollectOnce(app); code != kDone) return Leave(app, code);
  }
  fmt::print("{}: {} collector{}, {}no errors\n",
             flags.config_path.empty() ? "environment" : flags.config_path, count,
             count == 1 ? "" : "s", flags.connect ? "each ran once, " : "");
  return kDone;
}

int Collect(const Flags& flags, std::span<const CollectorType> types) {
  EndBySignals();
  std::vector<Job> jobs = LoadJobs(flags, types, BadCollector::kIsDown);
  if (jobs.empty() || !Narrow(jobs, flags.collectors)) return kUnusable;
  App app(std::move(jobs), OptionsFrom(flags));
  const int code = CollectOnce(app);
  fmt::print("{}", app.RenderPage());
  return Leave(app, code);
}

int ListCollectors(std::span<const CollectorType> types) {
  for (const CollectorType& type : types)
    fmt::print("{}: {}\n  keys\n{}  metrics\n{}\n", type.name, type.summary, Indented(type.keys),
               Indented(type.metrics));
  return kDone;
}

int Healthcheck(const Flags& flags) {
  constexpr std::chrono::seconds kBudget(2);
  const ListenAddress& address = flags.listen_addresses.front();
  if (address.port == 0) {
    fmt::print(stderr, "exporter: the port is not known: --web.listen-address has port 0\n");
    return kUnusable;
  }
  // A look-up of the host's name takes no deadline.
  ::alarm(kBudget.count() + 1);
  const std::string reason = ProbeHealth(address, Deadline::After(kBudget));
  if (reason.empty()) return kDone;
  fmt::print(stderr, "exporter: port {}: {}\n", address.port, reason);
  return kUnhealthy;
}

}  // namespace exporter
