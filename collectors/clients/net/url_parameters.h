#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace collectors {

// The parameters of an application's URL. Most concern the application's own driver or pool and are
// dropped with a warning. Those that change the security or the target of a connection are honoured
// or refused: dropping them would connect elsewhere, or with less protection.

// One name=value of a query. Both are views of the URL's text and still encoded.
struct UrlParameter {
  std::string_view name;
  std::string_view value;
};

// Splits a query, which is given without its '?'. Leaves out empty parts.
std::vector<UrlParameter> UrlParameters(std::string_view query);

// Returns the text in lower case and with '_' for '-': drivers spell one parameter in many ways.
std::string PlainName(std::string_view text);

// A parameter that cannot be honoured, and what stands for it here.
struct RefusedParameter {
  std::string_view name;  // As PlainName() returns it.
  std::string_view instead;
};

// What a reader does with a parameter that it does not read itself: notes the name in `dropped`.
// Throws std::invalid_argument if the name stands in `refused`, if it looks like one that changes
// security or target, or if it is nearly one of `known`. The text names the parameter, unless it is
// not a word: then it may be part of a password.
void DropParameter(std::string_view name, std::span<const std::string_view> known,
                   std::span<const RefusedParameter> refused, std::vector<std::string>& dropped);

// The warning about dropped parameters, which are not empty.
std::string DroppedNote(const std::vector<std::string>& dropped);

}  // namespace collectors
