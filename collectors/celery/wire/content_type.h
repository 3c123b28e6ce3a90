#pragma once

#include <string_view>

namespace collectors {

// Whether a message of Celery is JSON, by its content type; one that has none is. Names of
// others: application/x-python-serialize (pickle), application/x-yaml, application/x-msgpack.
inline bool IsJson(std::string_view content_type) {
  return content_type.empty() || content_type.starts_with("application/json");
}

}  // namespace collectors
