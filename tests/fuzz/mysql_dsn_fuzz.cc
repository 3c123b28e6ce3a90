// A MySQL DSN names a server, or is refused with a short text.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "collectors/clients/mysql/mysql_dsn.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  try {
    const collectors::MysqlDsn dsn = collectors::ParseMysqlDsn(text);
    fuzz::Require(!dsn.Name().empty(), "a server without a name");
    fuzz::Require(dsn.port != 0, "a port of zero");
    fuzz::Require(dsn.user.find('\0') == std::string::npos, "a text that is cut");
  } catch (const std::invalid_argument& error) {
    fuzz::Require(std::string_view(error.what()).size() < 400, "a refusal without a bound");
  }
  return 0;
}
