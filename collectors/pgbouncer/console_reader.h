#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "collectors/clients/sql/rows.h"
#include "collectors/pgbouncer/console_show.h"
#include "exporter/seam/collector.h"

namespace collectors {

// Sends SHOW `what`, as PgBouncerConsole::Show() does.
using AskConsole = std::function<Rows(std::string_view what)>;

// Sends all commands and returns what they found. A refused command costs only its own families. If
// a command is not answered in time, the commands after it are not sent. Throws if the console
// fails or if the first command gets no answer.
exporter::Reading ReadConsole(const AskConsole& ask, const std::vector<ConsoleShow>& shows);

}  // namespace collectors
