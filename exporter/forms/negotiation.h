#pragma once

#include <string_view>

#include "exporter/forms/forms.h"

namespace exporter {

// The form for a request with these headers; absent ones are empty.
//
// Of the formats in `accept` the one of the highest q is chosen, at equal q the first; q=0
// refuses. Two rules are ours. Text is chosen before OpenMetrics if both are named and the page has
// nothing that text lacks (`has_extras`): every scraper reads text, and OpenMetrics knows no
// counter without `_total`. And whatever is asked for, text is the answer if nothing else fits:
// never 406.
Form FormFor(std::string_view accept, std::string_view accept_encoding, bool has_extras);

}  // namespace exporter
