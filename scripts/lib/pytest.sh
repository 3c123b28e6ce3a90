# shellcheck shell=bash disable=SC2154
# The tests in Python, against real servers. Sourced by scripts/test.

# run_pytest FOLDER: its files side by side, each on one worker with servers of its own.
# Debian's Python, which sees Debian's pytest, whatever PATH finds first.
run_pytest() {
  local status=0 good bad
  build release exporter
  timeout 2400 /usr/bin/python3 -B -m pytest -p no:cacheprovider -q -rfE --durations=10 \
    -n "$workers" --dist loadfile "tests/$1" 2>&1 | tee "$output/pytest" || status=$?
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
run_integration() { run_pytest integration; }
run_e2e() { run_pytest e2e; }
run_neighbours() { NEIGHBOURS=${long:+all} run_pytest neighbours; }
