#pragma once

#include <span>

#include "exporter/flags.h"
#include "exporter/seam/collector.h"

namespace exporter {

// The exit codes of the command line.
enum ExitCode : int { kDone = 0, kCollectionFailed = 1, kUnhealthy = 1, kUnusable = 2 };

// The commands of the command line. Each prints its result to standard output and errors to
// standard error, and returns the exit code.

// Serves until SIGTERM or SIGINT, or until the server cannot answer any more. Ends by _exit if a
// collection cannot be interrupted.
int Run(const Flags& flags, std::span<const CollectorType> types);
// Checks the configuration; with `flags.connect` also runs each collector once.
int Check(const Flags& flags, std::span<const CollectorType> types);
// Runs each collector once and prints the page.
int Collect(const Flags& flags, std::span<const CollectorType> types);
// Prints each collector type with its keys and metrics.
int ListCollectors(std::span<const CollectorType> types);
// Asks the exporter that runs on this host, at the first listen address, whether it is healthy.
// Ends within three seconds, by SIGALRM if the look-up of a host name takes longer.
int Healthcheck(const Flags& flags);

// Blocks the signals that Run waits for, and ignores those that must not end the program. Call it
// before any thread is started.
void TakeSignals();

}  // namespace exporter
