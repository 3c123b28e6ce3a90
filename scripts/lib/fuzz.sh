# shellcheck shell=bash disable=SC2154
# Runs a fuzz target of the preset fuzz, once it is built. Sourced after common.sh.

fuzz_targets() { cut -d ' ' -f 1 "$root/build/fuzz/fuzz_targets"; }

# fuzz TARGET SECONDS FOLDER [OPTION...]: new inputs that reach further go to
# FOLDER/TARGET, one that breaks the target to FOLDER/TARGET-*. The seeds in the
# tree are only read. A target that waits or takes memory is broken too.
fuzz() {
  local target=$1 seconds=$2 folder=$3
  local -a seeds
  shift 3
  read -r -a seeds < <(grep "^$target " "$root/build/fuzz/fuzz_targets")
  mkdir -p "$folder/$target"
  (cd "$root" && ASAN_OPTIONS=quarantine_size_mb=64 timeout $((seconds + 300)) \
    "build/fuzz/bin/${target}_fuzz" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=1024 -malloc_limit_mb=32 -artifact_prefix="$folder/$target-" "$@" \
    "$folder/$target" "${seeds[@]:1}")
}
