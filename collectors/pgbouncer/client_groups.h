#pragma once

#include "collectors/clients/sql/rows.h"
#include "exporter/seam/collector.h"

namespace collectors {

// Adds the clients of SHOW CLIENTS, counted by user, database, application_name and state. Clients
// choose their application_name freely, so only the 500 largest groups keep it. In the others it is
// "other", so the counts of a user, a database and a state stay complete. PgBouncer reports
// application_name since 1.18.
void AddClientGroups(const Rows& rows, exporter::Reading& reading);

}  // namespace collectors
