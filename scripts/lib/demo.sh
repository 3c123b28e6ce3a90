# shellcheck shell=bash
# The demo application's backends, private to one run: started, filled, ended.
# Sourced after common.sh. The caller sets `folder`, the run's temporary folder, and
# the passwords.
# shellcheck disable=SC2154

declare -A started=()   # name -> pid of everything that must end with us
order=()                # the names in order of start

# Prefixes of a command. A server must not outlive this script, even where
# SIGKILL ends it; PostgreSQL must not run as root.
lives_with_us=(setpriv --pdeathsig=TERM --)
as_postgres=(setpriv --pdeathsig=QUIT)
((EUID != 0)) || as_postgres+=(--reuid=postgres --regid=postgres --init-groups)
as_postgres+=(--)

# start NAME COMMAND...: in the background and out of the terminal's reach, so
# that Ctrl-C ends the parts in our order. Its output goes to NAME.log.
start() {
  local name=$1
  shift
  setsid "$@" >>"$folder/$name.log" 2>&1 </dev/null &
  started[$name]=$!
  order+=("$name")
}

is_running() { kill -0 "${started[$1]}" 2>/dev/null; }

# end NAME SIGNAL: asks, waits five seconds, then insists.
end() {
  local name=$1 signal=$2 pid=${started[$1]-} tries
  [[ -n $pid ]] || return 0
  unset "started[$name]"
  kill -s "$signal" "$pid" 2>/dev/null || true
  for ((tries = 0; tries < 50; ++tries)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -s KILL -- "-$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}

# Ends everything in the reverse order of start, then removes the folder.
end_demo() {
  local i
  trap '' INT TERM HUP   # a second Ctrl-C must not leave half of it behind
  for ((i = ${#order[@]} - 1; i >= 0; --i)); do
    if [[ ${order[i]} == postgres ]]; then end postgres INT; else end "${order[i]}" TERM; fi
  done
  [[ -z ${folder-} ]] || rm -rf "$folder"
}

# await SECONDS NAME WHAT COMMAND...: until the command succeeds. Fails, with what it said
# and the last lines of NAME's log, when time is up or NAME has ended.
await() {
  local until=$((SECONDS + $1)) name=$2 what=$3
  shift 3
  while ((SECONDS < until)) && is_running "$name"; do
    "$@" >/dev/null 2>"$folder/last-try" && return 0
    sleep 0.1
  done
  say "$what did not happen: $(tail -n 3 "$folder/last-try"); the last lines of $name:"
  tail -n 20 "$folder/$name.log" >&2 || true
  return 1
}

# start_on_free_port NAME: calls launch_NAME PORT and waits for NAME_ready PORT.
# Someone else may take the port in between, so there are three tries. Leaves
# the port in `port`.
start_on_free_port() {
  local name=$1 try
  for try in 1 2 3; do
    port=$(free_port)
    "launch_$name" "$port"
    await 30 "$name" "start of $name on port $port, try $try," "${name}_ready" "$port" && return 0
    end "$name" KILL
  done
  die "$name does not start"
}

launch_postgres() {
  start postgres "${as_postgres[@]}" "$pg_bin/postgres" -D "$folder/postgres/cluster" -p "$1" \
    -c listen_addresses=127.0.0.1 -c "unix_socket_directories=$folder/postgres" \
    -c unix_socket_permissions=0700 -c fsync=off -c shared_buffers=32MB
}

# psql as the superuser, over the socket that only the server's user may open.
admin_psql() {
  local port=$1
  shift
  "${as_postgres[@]}" "$pg_bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$folder/postgres" -p "$port" \
    -U postgres "$@"
}
postgres_ready() { PGCONNECT_TIMEOUT=2 admin_psql "$1" -c 'SELECT 1'; }

start_postgres() {
  pg_bin=$(postgres_bin)
  mkdir "$folder/postgres"
  ((EUID != 0)) || chown postgres: "$folder/postgres"
  "${as_postgres[@]}" "$pg_bin/initdb" -D "$folder/postgres/cluster" -U postgres -E UTF8 \
    --locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 --no-sync \
    >"$folder/initdb.log" 2>&1 </dev/null || die "initdb failed: $(tail -n 20 "$folder/initdb.log")"
  start_on_free_port postgres
  postgres_port=$port
  admin_psql "$postgres_port" -c 'CREATE DATABASE shop'
  EXPORTER_PASSWORD=$exporter_password SHOP_PASSWORD=$shop_password \
    admin_psql "$postgres_port" -d shop <"$root/scripts/demo/schema.sql"
}

launch_redis() {
  (umask 077; printf 'requirepass %s\n' "$redis_password" >"$folder/redis.conf")
  start redis "${lives_with_us[@]}" redis-server "$folder/redis.conf" --bind 127.0.0.1 --port "$1" \
    --dir "$folder" --save '' --appendonly no
}
redis_cli() { REDISCLI_AUTH=$redis_password redis-cli -e -h 127.0.0.1 -p "$@"; }
redis_ready() { redis_cli "$1" ping; }

start_redis() {
  start_on_free_port redis
  redis_port=$port
  redis_cli "$redis_port" --eval "$root/scripts/demo/redis.lua" >/dev/null
}

start_traffic() {
  PGHOST=127.0.0.1 PGPORT=$postgres_port PGUSER=shop PGPASSWORD=$shop_password PGDATABASE=shop \
    REDIS_PORT=$redis_port REDISCLI_AUTH=$redis_password \
    start traffic "${lives_with_us[@]}" "$root/scripts/demo/traffic"
  await 15 traffic "the application's connections" traffic_connected ||
    die "the application does not start"
}
traffic_connected() {
  [[ $(admin_psql "$postgres_port" -d shop -At -c \
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'shop-web'") == 4 ]]
}
