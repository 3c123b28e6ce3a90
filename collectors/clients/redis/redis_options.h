#pragma once

#include <string_view>

#include "collectors/clients/redis/redis_session.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

// The keys of every collector that asks a Redis: url, user, password, tls and the
// sentinels' login. Notes what is wrong in the reader. Pure but for the reader.
RedisTarget ReadRedisTarget(exporter::YamlReader& options, const exporter::JobSettings& settings);
// The same without the url, which was read before.
RedisTarget ReadRedisTarget(exporter::YamlReader& options, const exporter::JobSettings& settings,
                            exporter::SecretSource url);

// What they do, for people.
inline constexpr std::string_view kRedisTargetKeys =
    "url       redis://[user[:password]@]host[:port][/db], rediss:// by TLS, unix:///path?db=0, or "
    "redis-sentinel://host,host[/db]?sentinelMasterId=NAME; or url_file\n"
    "user      the ACL user, where the URL names none\n"
    "password  wins over the URL's; or password_file\n"
    "tls       {ca_file, cert_file, key_file, server_name, insecure_skip_verify}, for TLS\n"
    "sentinel_user      the sentinels' own ACL user\n"
    "sentinel_password  the sentinels' own password; or sentinel_password_file";

}  // namespace collectors
