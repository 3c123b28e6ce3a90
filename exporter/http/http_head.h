#pragma once

#include <string>
#include <string_view>

namespace exporter {

// A request's head as the client sent it, before the HTTP library reads it (RFC 9112).

// Whether a head has a folded line, or white space before a colon. RFC 9112 (5.1, 5.2) has a server
// refuse these. The library ignores such a field, and would take a body that it announces for the
// next request.
bool HasHiddenField(std::string_view head);

// The path as the client sent it; empty if the text is not a head.
std::string_view PathOf(std::string_view head);

// Removes scheme and host from the request line ("GET http://host/metrics HTTP/1.1"), which a
// client of a proxy writes. RFC 9112 (3.2.2) has a server accept this.
void MakeOriginForm(std::string& head);

// Removes empty lines before a request line (2.2): older clients send one after a body.
void DropEmptyLines(std::string& received);

}  // namespace exporter
