# shellcheck shell=bash disable=SC2154
# The tests in C++: doctest binaries, by layer, topic and preset. Sourced by scripts/test.

# doctest_layer TREE PRESET LAYER [COMMAND...]: runs the binaries of a layer that were built in the
# tree; adds to `good` and `bad`. The command, if there is one, runs a binary.
doctest_layer() {
  local topic
  local -a topics
  mapfile -t topics <"$1/build/$2/topics_of_$3"
  for topic in "${topics[@]}"; do
    doctest_binary "$3" "build/$2/bin/$3/$topic" "${@:4}"
  done
}

# doctest_binary LAYER BINARY [COMMAND...]: one that dies before its summary counts as one failure.
doctest_binary() {
  local status=0 summary
  local -a command=("${@:3}")
  ((${#command[@]})) || command=(timeout 600)
  "${command[@]}" "$2" --duration=true >"$output/doctest" 2>&1 || status=$?
  summary=$(sed -nE 's/.*test cases: *[0-9]+ *\| *([0-9]+) passed *\| *([0-9]+) failed.*/\1 \2/p' \
    "$output/doctest")
  if ((status)); then
    grep -vE '^[0-9.]+ s: ' "$output/doctest"
    [[ ${summary#* } =~ ^[1-9] ]] || summary="0 1"
  fi
  grep -E '^[0-9.]+ s: ' "$output/doctest" | sed "s/ s: / s  $1: /" >>"$output/durations" || true
  [[ -n $summary ]] || summary="0 0"
  ((good += ${summary% *}, bad += ${summary#* })) || true
}

# run_doctest PRESET LAYER...: a preset's binaries are built together.
run_doctest() {
  local preset=$1 good=0 bad=0 name
  shift
  configure "$preset" -DEXPORTER_TESTS=ON
  build "$preset" "${@/%/_tests}"
  for name in "$@"; do doctest_layer "$root" "$preset" "$name"; done
  count "$good" "$bad"
}
run_pure() { run_doctest release pure; }
run_parts() { run_doctest release parts; }
run_clients() { run_doctest release clients; }
run_asan() { run_doctest asan pure parts; }
run_tsan() { run_doctest tsan parts; }
