#include <fmt/format.h>
#include <malloc.h>

#include <cstdio>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include "collectors/catalog.h"
#include "collectors/clients/versions.h"
#include "exporter/build_info.h"
#include "exporter/commands.h"
#include "exporter/flags.h"
#include "exporter/seam/log.h"

namespace {

int PrintVersion() {
  const exporter::BuildInfo build = exporter::ThisBuild();
  fmt::print("exporter {} (revision {}, {})\n", build.version, build.revision, build.compiler);
  for (const auto& [library, version] : collectors::ClientVersions())
    fmt::print("  {} {}\n", library, version);
  return exporter::kDone;
}

int Dispatch(const exporter::Flags& flags) {
  const auto types = collectors::Catalog();
  switch (flags.command) {
    case exporter::Command::kCheck:
      return exporter::Check(flags, types);
    case exporter::Command::kCollect:
      return exporter::Collect(flags, types);
    case exporter::Command::kCollectors:
      return exporter::ListCollectors(types);
    case exporter::Command::kHealthcheck:
      return exporter::Healthcheck(flags);
    case exporter::Command::kVersion:
      return PrintVersion();
    case exporter::Command::kRun:
      break;
  }
  return exporter::Run(flags, types);
}

}  // namespace

int main(int argc, char** argv) {
  // One heap for all threads. The collectors need little memory, and an arena for each thread would
  // keep its peak.
  ::mallopt(M_ARENA_MAX, 1);
  exporter::TakeSignals();
  try {
    const auto parsed = exporter::ParseFlags({argv, argv + argc}, exporter::ProcessEnvironment);
    if (const auto* exit = std::get_if<exporter::EarlyExit>(&parsed)) {
      fmt::print(exit->code == 0 ? stdout : stderr, "{}", exit->text);
      return exit->code;
    }
    const auto& flags = std::get<exporter::Flags>(parsed);
    exporter::SetUpLog(flags.log_level, flags.log_format);
    return Dispatch(flags);
  } catch (const std::exception& error) {
    // A bug: nothing below should throw.
    std::fprintf(stderr, "exporter: %s\n", error.what());
    return exporter::kUnusable;
  }
}
