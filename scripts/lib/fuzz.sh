# shellcheck shell=bash disable=SC2154
# Fuzz targets, which are built with the tests for memory faults. Sourced after common.sh.

fuzz_targets() { cut -d ' ' -f 1 "$root/build/asan/fuzz_targets"; }

# fuzz TARGET SECONDS FOLDER [OPTION...]: new inputs that reach further go to
# FOLDER/TARGET, one that breaks the target to FOLDER/TARGET-*. The seeds in the
# tree are only read. A target that waits or takes memory is broken too.
fuzz() {
  local target=$1 seconds=$2 folder=$3
  local -a seeds
  shift 3
  read -r -a seeds < <(grep "^$target " "$root/build/asan/fuzz_targets")
  mkdir -p "$folder/$target"
  (cd "$root" && ASAN_OPTIONS=quarantine_size_mb=64 timeout $((seconds + 300)) \
    "build/asan/bin/${target}_fuzz" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=1024 -malloc_limit_mb=32 -artifact_prefix="$folder/$target-" "$@" \
    "$folder/$target" "${seeds[@]:1}")
}

# One test a target. What breaks it is printed, for this folder goes.
# As many at a time as there are cores.
run_fuzz() {
  local bad=0 target
  local -a targets
  build asan fuzzers
  mapfile -t targets < <(fuzz_targets)
  export -f fuzz
  # shellcheck disable=SC2016  # expanded by the inner shell
  printf '%s\n' "${targets[@]}" | root=$root output=$output seconds=$((long ? 120 : 20)) \
    xargs -P "$(nproc)" -I{} bash -c '
    fuzz "$1" "$seconds" "$output" -seed=1 -runs=2000000 >"$output/fuzz.$1" 2>&1 ||
      echo "$1" >>"$output/broken"' _ {}
  [[ ! -f $output/broken ]] || while read -r target; do
    ((++bad))
    cat "$output/fuzz.$target"
    find "$output" -name "$target-*" -printf 'fuzz: %f in base64:\n' -exec base64 {} \;
  done <"$output/broken"
  count $((${#targets[@]} - bad)) "$bad"
}
