#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace collectors {

// What an application's URL becomes for libpq.
struct PgUrl {
  std::string text;                       // With only the parameters that libpq knows.
  std::string search_path = {};           // A value for SET; empty if the URL names no schema.
  std::vector<std::string> dropped = {};  // Names of the parameters that have no effect here.
};

// Reads what follows the "://" of a URL. Sockets may stand in the path (postgres:////run/pg/shop),
// and several hosts in repeated parameters (host=a:1&host=b:2). Parameters of drivers become
// libpq's, those that concern only the application are dropped, and others that may change the
// security or the target are refused: a misspelt sslmode must not go unnoticed. Throws
// std::invalid_argument; its text holds nothing of the URL except the name of a parameter.
PgUrl ReadPgUrl(std::string_view after_scheme);

// What to do about a URL that cannot be read.
inline constexpr std::string_view kPgEncodeHint =
    "a special character in the user, the password or the database must be percent-encoded in a "
    "URL (@ is %40, / is %2F, ? is %3F, # is %23)";

}  // namespace collectors
