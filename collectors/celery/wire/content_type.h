#pragma once

#include <string_view>

namespace collectors {

// Whether a Celery message is JSON, by its content type; a message without one is. Other types:
// application/x-python-serialize (pickle), application/x-yaml, application/x-msgpack.
inline bool IsJson(std::string_view content_type) {
  return content_type.empty() || content_type.starts_with("application/json");
}

}  // namespace collectors
