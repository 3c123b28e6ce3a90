#include "collectors/clients/amqp/amqp_error.h"

namespace collectors {
namespace {

using exporter::ErrorKind;

constexpr std::size_t kShownBytes = 200;

struct ErrorRow {
  std::uint16_t code;
  ErrorKind kind;
  std::string_view words = {};  // Anywhere in the text; empty: any text.
};

// The first matching row decides. The words are from RabbitMQ's source (rabbit_reader.erl,
// rabbit_channel.erl).
constexpr ErrorRow kErrors[] = {
    {320, ErrorKind::kConnect},     // connection-forced: the server stops, or an operator cut it
    {402, ErrorKind::kMissing},     // invalid-path: no such virtual host, in old servers
    {403, ErrorKind::kPermission},  // access-refused
    {404, ErrorKind::kMissing},     // not-found
    {405, ErrorKind::kPermission},  // resource-locked: exclusive to another connection
    {406, ErrorKind::kQuery},       // precondition-failed
    {501, ErrorKind::kProtocol},    // frame-error
    {502, ErrorKind::kProtocol},    // syntax-error
    {503, ErrorKind::kProtocol},    // command-invalid
    {504, ErrorKind::kProtocol},    // channel-error
    {505, ErrorKind::kProtocol},    // unexpected-frame
    {506, ErrorKind::kConnect},     // resource-error: the server is out of resources
    {530, ErrorKind::kConnect, "connection limit"},  // "... connection limit (10) is reached"
    {530, ErrorKind::kMissing, "not found"},
    {530, ErrorKind::kPermission},  // not-allowed: "access to vhost 'x' refused for user 'y'"
    {541, ErrorKind::kConnect},     // internal-error: "... vhost 'x' is down"
};

}  // namespace

ErrorKind KindOfAmqpError(std::uint16_t code, std::string_view text) {
  for (const ErrorRow& row : kErrors) {
    if (row.code == code && text.find(row.words) != std::string_view::npos) return row.kind;
  }
  return ErrorKind::kQuery;
}

std::string ShownAmqpText(std::string_view text) {
  std::string shown(text.substr(0, kShownBytes));
  for (char& byte : shown) {
    if (byte < ' ' || byte > '~') byte = '?';
  }
  return shown;
}

}  // namespace collectors
