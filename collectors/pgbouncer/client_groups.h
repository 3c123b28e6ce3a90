#pragma once

#include "collectors/clients/sql/rows.h"
#include "exporter/seam/collector.h"

namespace collectors {

// SHOW CLIENTS: how many clients share user, database, application_name and
// state. The application_name is what a client likes: the 500 largest groups
// keep theirs, in the others it is "other", so that the counts of a user, a
// database and a state stay whole. Before 1.18 PgBouncer does not tell it.
void AddClientGroups(const Rows& rows, exporter::Reading& reading);

}  // namespace collectors
