# shellcheck shell=bash disable=SC2154
# The tests in C++: doctest binaries, by layer and preset. Sourced by scripts/test.

# doctest_binary PRESET LAYER [COMMAND...]: adds to `good` and `bad`. A binary that dies
# before its summary counts as one failure. The command, if there is one, runs the binary.
doctest_binary() {
  local status=0 summary
  local -a command=("${@:3}")
  ((${#command[@]})) || command=(timeout 600)
  "${command[@]}" "build/$1/bin/$2_tests" --duration=true >"$output/doctest" 2>&1 || status=$?
  summary=$(sed -nE 's/.*test cases: *[0-9]+ *\| *([0-9]+) passed *\| *([0-9]+) failed.*/\1 \2/p' \
    "$output/doctest")
  if ((status)); then
    grep -vE '^[0-9.]+ s: ' "$output/doctest"
    [[ ${summary#* } =~ ^[1-9] ]] || summary="0 1"
  fi
  grep -E '^[0-9.]+ s: ' "$output/doctest" | sed "s/ s: / s  $2: /" >>"$output/durations" || true
  [[ -n $summary ]] || summary="0 0"
  ((good += ${summary% *}, bad += ${summary#* })) || true
}

# run_doctest PRESET LAYER...: a preset's binaries are built together.
run_doctest() {
  local preset=$1 good=0 bad=0 name
  shift
  configure "$preset" -DEXPORTER_TESTS=ON
  build "$preset" "${@/%/_tests}"
  for name in "$@"; do doctest_binary "$preset" "$name"; done
  count "$good" "$bad"
}
run_pure() { run_doctest release pure; }
run_parts() { run_doctest release parts; }
run_clients() { run_doctest release clients; }
run_asan() { run_doctest asan pure parts; }
run_tsan() { run_doctest tsan parts; }
