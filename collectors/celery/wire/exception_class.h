#pragma once

#include <string_view>

namespace collectors {

// As celery-exporter says if the class is not known.
inline constexpr std::string_view kUnknownException = "UnknownException";

// The class of an exception by its repr(), a name and "(", or kUnknownException: what else
// stands there may be anything that a program has to say, and is no label.
std::string_view ClassOfRepr(std::string_view repr);
// The task of NotRegistered('shop.buy'), which the worker does not know, and of which it says
// nothing else. Empty for every other exception.
std::string_view NameOfUnregistered(std::string_view repr);

// Whether such a class says nothing of the exception: its repr() is its own, or Celery has
// wrapped it, as at a hard time limit.
bool HidesClass(std::string_view exception);
// The class that a traceback ends with, with its module: "billiard.exceptions.WorkerLostError".
// `json` is the text as it stands in JSON, from its quote on: it may be long, and is not
// unescaped. Empty if there is none.
std::string_view ClassByTraceback(std::string_view json);
// Without the module.
std::string_view BareClass(std::string_view name);

}  // namespace collectors
