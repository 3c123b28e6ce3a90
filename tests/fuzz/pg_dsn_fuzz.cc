// A PostgreSQL DSN names a server, or is refused with a short text.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "collectors/clients/postgres/pg_dsn.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  try {
    const collectors::PgDsn dsn = collectors::ParsePgDsn(text);
    fuzz::Require(!dsn.server_name.empty(), "a server without a name");
  } catch (const std::invalid_argument& error) {
    fuzz::Require(std::string_view(error.what()).size() < 400, "a refusal without a bound");
  }
  return 0;
}
