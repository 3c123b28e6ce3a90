#pragma once

#include <string_view>

namespace collectors {

// Returns true if any part of a MySQL SELECT requests locks on the rows that it reads: FOR UPDATE,
// FOR SHARE or LOCK IN SHARE MODE. The servers refuse only some of these in a read-only
// transaction, and the locks of the others make the application's UPDATE wait.
bool AsksForRowLocks(std::string_view statement);

}  // namespace collectors
