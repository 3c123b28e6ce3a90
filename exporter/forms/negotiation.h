#pragma once

#include <string_view>

#include "exporter/forms/forms.h"

namespace exporter {

// The form for a request with these headers; an absent header is empty.
//
// Of the formats in `accept`, the one with the highest q is chosen, and the first at equal q; q=0
// refuses a format. Two rules differ from the RFC. Text is preferred to OpenMetrics if both are
// named and the page has nothing that text lacks (`has_extras`): every scraper reads text, and
// OpenMetrics has no counter without `_total`. And text is the answer if nothing else fits; 406 is
// never sent.
Form FormFor(std::string_view accept, std::string_view accept_encoding, bool has_extras);

}  // namespace exporter
