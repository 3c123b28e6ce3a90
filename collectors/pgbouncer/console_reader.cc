#include "collectors/pgbouncer/console_reader.h"

#include <optional>
#include <string>
#include <utility>

#include "collectors/parts/sql_part.h"

namespace collectors {
namespace {

using exporter::CollectError;
using exporter::ErrorKind;
using exporter::Reading;

CollectError ProblemOf(const ConsoleShow& show, const CollectError& error) {
  return {error.kind(), "SHOW " + std::string(show.what) + ": " + error.what(),
          std::string(show.part)};
}

// Adds all families of the rows, or only the error if `show.add` throws.
void Take(const ConsoleShow& show, const Rows& rows, Reading& reading) {
  Reading found;
  try {
    show.add(rows, found);
  } catch (const CollectError& error) {
    found = {};
    found.problems.push_back(error);
  }
  reading.families.Absorb(std::move(found.families), {});
  for (const CollectError& problem : found.problems) {
    reading.problems.push_back(ProblemOf(show, problem));
  }
}

// Returns nothing if the command was refused or not answered in time.
std::optional<Rows> Asked(const AskConsole& ask, const ConsoleShow& show, bool is_first,
                          Reading& reading) {
  try {
    return ask(show.what);
  } catch (const CollectError& error) {
    if (is_first || EndsRun(error.kind())) throw;
    reading.problems.push_back(ProblemOf(show, error));
    return std::nullopt;
  }
}

}  // namespace

Reading ReadConsole(const AskConsole& ask, const std::vector<ConsoleShow>& shows) {
  Reading reading;
  bool in_time = true;
  for (const ConsoleShow& show : shows) {
    if (!in_time) {
      reading.problems.push_back(NoTimeLeft(std::string(show.part)));
    } else if (const auto rows = Asked(ask, show, &show == &shows.front(), reading)) {
      Take(show, *rows, reading);
    } else {
      in_time = reading.problems.back().kind() != ErrorKind::kTimeout;
    }
  }
  return reading;
}

}  // namespace collectors
