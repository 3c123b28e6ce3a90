#pragma once

#include <span>

#include "exporter/flags.h"
#include "exporter/seam/collector.h"

namespace exporter {

// The exit codes of the command line.
enum ExitCode : int { kDone = 0, kCollectionFailed = 1, kUnusable = 2 };

// What the command line asks for, done. Each prints its result to standard
// output, what went wrong to standard error, and returns the exit code.

// Serves until SIGTERM or SIGINT, or until it can answer nobody any more. May leave by _exit, where
// a collection is stuck outside the program's reach.
int Run(const Flags& flags, std::span<const CollectorType> types);
// Validates; with `flags.connect` also runs each collector once.
int Check(const Flags& flags, std::span<const CollectorType> types);
// Runs each collector once and prints the page.
int Collect(const Flags& flags, std::span<const CollectorType> types);
// Prints every collector type with its keys and metrics.
int ListCollectors(std::span<const CollectorType> types);

// Before any thread is started: keeps the signals that end the program for
// Run to wait for, and ignores those that must not end it.
void TakeSignals();

}  // namespace exporter
