#pragma once

#include <string_view>

#include "collectors/clients/redis_session.h"
#include "exporter/job.h"
#include "exporter/yaml_reader.h"

namespace collectors {

// The keys of every collector that asks one Redis: url, user, password. Notes a
// URL that is wrong in the reader. Pure but for the reader.
RedisTarget ReadRedisTarget(exporter::YamlReader& options, const exporter::JobSettings& settings);

// What they do, for people.
inline constexpr std::string_view kRedisTargetKeys =
    "url       redis://[user[:password]@]host[:port][/db] or unix:///path?db=0; or url_file\n"
    "user      the ACL user, where the URL names none\n"
    "password  wins over the URL's; or password_file";

}  // namespace collectors
