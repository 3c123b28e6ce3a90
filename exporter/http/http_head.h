#pragma once

#include <string>
#include <string_view>

namespace exporter {

// A request's head as it was sent, before the HTTP library reads it (RFC 9112).

// Whether a head has a folded line, or white space before a colon, which RFC
// 9112 (5.1, 5.2) has a server refuse: the library passes such a field over, and
// a body that it announces would be taken for the next request.
bool HasHiddenField(std::string_view head);

// The path that a head asks for, as it was sent; empty for what is no head.
std::string_view PathOf(std::string_view head);

// Takes the scheme and the host out of the request line, where a client as for a proxy wrote them
// ("GET http://host/metrics HTTP/1.1"): RFC 9112 (3.2.2) has a server accept this.
void MakeOriginForm(std::string& head);

// Takes the empty lines away that came before a request line (2.2): older clients send one after
// a body.
void DropEmptyLines(std::string& received);

}  // namespace exporter
