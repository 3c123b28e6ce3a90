#pragma once

#include <string_view>

namespace collectors {

// celery-exporter's value if the class is not known.
inline constexpr std::string_view kUnknownException = "UnknownException";

// Returns the class of an exception from its repr(), if that begins with a name and "("; otherwise
// kUnknownException. Any other repr() may be an arbitrary text, and is not used as a label.
std::string_view ClassOfRepr(std::string_view repr);
// Returns the task of NotRegistered('shop.buy'): the worker does not know the task and reports
// nothing else about it. Empty for every other exception.
std::string_view NameOfUnregistered(std::string_view repr);

// Whether this class does not name the exception: it has its own repr(), or Celery has wrapped it,
// as at a hard time limit.
bool HidesClass(std::string_view exception);
// Returns the class that a traceback ends with, including its module:
// "billiard.exceptions.WorkerLostError". `json` is the text as it stands in JSON, from its quote
// on: it may be long, and is not unescaped. Empty if there is no class.
std::string_view ClassByTraceback(std::string_view json);
// Returns the class without its module.
std::string_view BareClass(std::string_view name);

}  // namespace collectors
