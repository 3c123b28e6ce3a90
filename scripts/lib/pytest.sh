# shellcheck shell=bash disable=SC2154
# The tests in Python, against real servers. Sourced by scripts/test.

# run_pytest PRESET FOLDER... [OPTION...]: its files side by side, each on one worker with
# servers of its own. Debian's Python, which sees Debian's pytest, whatever PATH finds first.
run_pytest() {
  local good=0 bad=0
  add_pytest "$@"
  count "$good" "$bad"
}
# add_pytest: as run_pytest, but adds to $good and $bad of the caller.
add_pytest() {
  local status=0 failed_here
  build "$1" exporter
  EXPORTER_BINARY=$root/build/$1/bin/exporter \
    timeout 3600 /usr/bin/python3 -B -m pytest -p no:cacheprovider -q -rfE --durations=10 \
    -n "$workers" --dist loadfile "${@:2}" 2>&1 | tee "$output/pytest" || status=$?
  grep -E '^[0-9.]+s (call|setup|teardown) ' "$output/pytest" |
    sed -E 's/^([0-9.]+)s (call|setup|teardown) +/\1 s  /' >>"$output/durations" || true
  failed_here=$(($(summary_of failed) + $(summary_of 'errors?') + $(summary_of skipped)))
  if ((status && !failed_here)); then failed_here=1; fi
  ((good += $(summary_of passed), bad += failed_here)) || true
}
# Most of a test's time is waiting: for a server, a deadline, the next collection.
workers=$(($(nproc) + 1))
summary_of() { tail -n 1 "$output/pytest" | grep -oE "[0-9]+ $1" | grep -oE '^[0-9]+' || echo 0; }
run_integration() { run_pytest release tests/integration; }
run_alerts() { run_pytest release tests/alerts; }
run_e2e() { run_pytest release tests/e2e; }
run_packaging() { run_pytest release tests/packaging --ignore=tests/packaging/built; }
# Its files share what is built once.
run_release() { needs_root && run_pytest release tests/packaging/built -n 0; }
run_truth() { TRUTH=${long:+all} run_pytest release tests/truth; }
run_neighbours() { NEIGHBOURS=${long:+all} run_pytest release tests/neighbours; }

# A report ends the process, which every test sees. What weighs or times the binary is left to
# the release.
run_sanitized() { run_pytest "$1" tests/integration tests/e2e -m "not release_only"; }
run_asan-servers() { run_sanitized asan; }
run_tsan-servers() { run_sanitized tsan; }

# Servers of later releases in place of Debian's own: tests/support/other_servers.py.
on_redis=(tests/integration/test_redis*.py tests/integration/test_queue.py
  tests/integration/test_queue_{bounds,systems}.py tests/integration/test_stream_lag.py
  tests/integration/test_celery_{control,faults,rights,story,transports,workers}.py
  tests/e2e/test_redis_dashboards.py tests/truth/test_truth_of_{redis,queues}.py)
on_mariadb=(tests/integration/test_mysql.py tests/integration/test_sql_{databases,types}.py
  tests/truth/test_truth_of_mariadb.py tests/neighbours/test_mariadb_neighbours.py)
run_other-servers() {
  local good=0 bad=0 server
  for server in valkey-8 valkey-9; do
    OTHER_SERVER=$server add_pytest release "${on_redis[@]}" -k "not rabbit"
  done
  OTHER_SERVER=mysql-9 add_pytest release "${on_mariadb[@]}" -m "not mariadb_only" \
    -k "mysql or maria"
  count "$good" "$bad"
}
