# shellcheck shell=bash disable=SC2154
# The tests in Python, against real servers. Sourced by scripts/test.

# run_pytest PRESET FOLDER... [OPTION...]: its files side by side, each on one worker with
# servers of its own. Debian's Python, which sees Debian's pytest, whatever PATH finds first.
run_pytest() {
  local status=0 good bad
  build "$1" exporter
  EXPORTER_BINARY=$root/build/$1/bin/exporter \
    timeout 3600 /usr/bin/python3 -B -m pytest -p no:cacheprovider -q -rfE --durations=10 \
    -n "$workers" --dist loadfile "${@:2}" 2>&1 | tee "$output/pytest" || status=$?
  grep -E '^[0-9.]+s (call|setup|teardown) ' "$output/pytest" |
    sed -E 's/^([0-9.]+)s (call|setup|teardown) +/\1 s  /' >>"$output/durations" || true
  good=$(summary_of passed)
  bad=$(($(summary_of failed) + $(summary_of 'errors?') + $(summary_of skipped)))
  if ((status && !bad)); then bad=1; fi
  count "$good" "$bad"
}
# Most of a test's time is waiting: for a server, a deadline, the next collection.
workers=$(($(nproc) + 1))
summary_of() { tail -n 1 "$output/pytest" | grep -oE "[0-9]+ $1" | grep -oE '^[0-9]+' || echo 0; }
run_integration() { run_pytest release tests/integration; }
run_e2e() { run_pytest release tests/e2e; }
run_truth() { TRUTH=${long:+all} run_pytest release tests/truth; }
run_neighbours() { NEIGHBOURS=${long:+all} run_pytest release tests/neighbours; }

# A report ends the process, which every test sees. What weighs or times the binary is left to
# the release.
run_sanitized() { run_pytest "$1" tests/integration tests/e2e -m "not release_only"; }
run_asan-servers() { run_sanitized asan; }
run_tsan-servers() { run_sanitized tsan; }
