# shellcheck shell=bash disable=SC2154
# clang-tidy, which remembers what it found clean. Sourced by scripts/test.
#
# A file's key is a hash of all that the verdict rests on (tidy_keys.py). The keys of
# clean files stand beside ccache's folder, for a month after their last use.
#
# The slow checks take two thirds of the time. The full run makes them on all files; any other
# run makes them on the 40 files that the work tree or the last commits changed last, and ends
# after ten minutes. If the machine remembers nothing, the files that are left wait for the next
# run, and the layer says how many.

tidy_memory=${XDG_CACHE_HOME:-$HOME/.cache}/sidecar-exporter/tidy
tidy_commits=20
tidy_most=40
tidy_seconds=600
tidy_flags=(--quiet --extra-arg=-Wthread-safety)
# The second one looks at each identifier of each header.
without_slow='--checks=-clang-analyzer-*,-bugprone-reserved-identifier'

tidy_sources() { sources main.cc 'exporter/*.cc' 'collectors/*.cc'; }
# Those lines of standard input that name a source, each once.
among_sources() { awk '!seen[$0]++' | grep -Fxf <(tidy_sources) || true; }
changed_sources() { changed | among_sources; }
lately_changed() {
  { changed; git log --format= --name-only -n "$tidy_commits"; } | among_sources >"$output/lately"
  head -n "$tidy_most" "$output/lately"
}

# The files of standard input that are not known to be clean by these arguments, each
# after its key.
not_known_clean() {
  local key name
  /usr/bin/python3 scripts/lib/tidy_keys.py build/dev "$@" | while read -r key name; do
    touch -c "$tidy_memory/$key"
    [[ -f $tidy_memory/$key ]] || echo "$key $name"
  done
}

# Runs clang-tidy with these arguments over the output of not_known_clean. The names of
# those that are not clean go to $output/untidy, of those for which no time is left to
# $output/unseen.
tidy() {
  # shellcheck disable=SC2016  # expanded by the inner shell
  memory=$tidy_memory untidy=$output/untidy unseen=$output/unseen ends=$tidy_ends \
    xargs -P "$(nproc)" -r -L 1 bash -c '
    key=${*: -2:1} name=${*: -1}
    if ((EPOCHSECONDS > ends)); then
      echo "$name" >>"$unseen"
      exit
    fi
    set -- "${@:1:$#-2}"
    found=$(clang-tidy -p build/dev "$@" "$name" 2>&1) && exec touch "$memory/$key"
    printf "tidy: %s\n%s\n" "$name" "$found"
    echo "$name" >>"$untidy"' _ "$@"
}

# Whole: with the slow checks.
tidy_whole() { not_known_clean "${tidy_flags[@]}" | tidy "${tidy_flags[@]}"; }
# What the slow checks found clean as well is not looked at again.
tidy_quick() {
  not_known_clean "${tidy_flags[@]}" | cut -d ' ' -f 2 |
    not_known_clean "${tidy_flags[@]}" "$without_slow" |
    tidy "${tidy_flags[@]}" "$without_slow"
}

run_tidy() {
  local bad unseen
  configure dev
  mkdir -p "$tidy_memory"
  find "$tidy_memory" -type f -mtime +30 -delete
  : | tee "$output/untidy" >"$output/unseen"
  tidy_ends=$((EPOCHSECONDS + tidy_seconds))
  [[ -z $long && -z $tidy_files ]] || tidy_ends=$((EPOCHSECONDS + 86400))
  if [[ -n $tidy_files ]]; then
    tr -s ' ' '\n' <<<"$tidy_files" >"$output/tidy"
  else
    tidy_sources >"$output/tidy"
  fi
  if [[ -n $long || -n $tidy_files ]]; then cat "$output/tidy"; else lately_changed; fi |
    sort -u >"$output/whole"
  tidy_whole <"$output/whole"
  sort -u "$output/tidy" | comm -23 - "$output/whole" | tidy_quick
  bad=$(wc -l <"$output/untidy")
  unseen=$(wc -l <"$output/unseen")
  ((unseen == 0)) || echo "tidy: no time was left for $unseen files; the next run looks at them"
  count $(($(wc -l <"$output/tidy") - bad - unseen)) "$bad"
}
