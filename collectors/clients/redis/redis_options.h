#pragma once

#include <string_view>

#include "collectors/clients/redis/redis_session.h"
#include "exporter/config/yaml_reader.h"
#include "exporter/seam/job_settings.h"

namespace collectors {

// Reads the keys of every collector that asks a Redis: url, user, password, tls, the sentinels'
// master and their login. Adds problems to the reader and has no other side effect.
RedisTarget ReadRedisTarget(exporter::YamlReader& options, const exporter::JobSettings& settings);
// The same without the key url, which the caller has read.
RedisTarget ReadRedisTarget(exporter::YamlReader& options, const exporter::JobSettings& settings,
                            exporter::SecretSource url);

// The help text of these keys.
inline constexpr std::string_view kRedisTargetKeys =
    "url       redis://[user[:password]@]host[:port][/db], rediss:// by TLS, unix:///path?db=0, or "
    "redis-sentinel://host,host[/db]?sentinelMasterId=NAME; or url_file\n"
    "user      the ACL user, where the URL names none\n"
    "password  wins over the URL's; or password_file\n"
    "tls       {ca_file, cert_file, key_file, server_name, insecure_skip_verify}, for TLS\n"
    "master_name        the sentinels' master, where the URL names none\n"
    "sentinel_user      the sentinels' own ACL user\n"
    "sentinel_password  the sentinels' own password; or sentinel_password_file";

}  // namespace collectors
