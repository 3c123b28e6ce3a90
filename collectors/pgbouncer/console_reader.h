#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "collectors/clients/sql/rows.h"
#include "collectors/pgbouncer/console_show.h"
#include "exporter/seam/collector.h"

namespace collectors {

// Sends SHOW and the word, as PgBouncerConsole does.
using AskConsole = std::function<Rows(std::string_view what)>;

// Asks for each, and returns what was found. One that is refused costs its own
// families alone; when one was not answered in time, those behind it are not
// asked. Throws where the console failed, or did not answer the first.
exporter::Reading ReadConsole(const AskConsole& ask, const std::vector<ConsoleShow>& shows);

}  // namespace collectors
