# shellcheck shell=bash disable=SC2154
# Which lines the unit tests reach. Sourced by scripts/test.

coverage_limit=90   # Percent of lines.

run_coverage() {
  local good=0 bad=0 name
  configure coverage -DEXPORTER_TESTS=ON
  find "$root/build/coverage" -name '*.gcda' -delete
  build coverage {pure,parts,clients}_tests
  for name in pure parts clients; do doctest_layer "$root" coverage "$name"; done
  if gcovr --root "$root" --filter exporter/ --filter collectors/ --exclude-throw-branches \
    --object-directory "$root/build/coverage" --fail-under-line "$coverage_limit" \
    --sort-uncovered >"$output/coverage" 2>&1; then
    ((++good))
  else
    ((++bad))
  fi
  sed -n '/^File/,$p' "$output/coverage" | head -n 30
  tail -n 3 "$output/coverage"
  count "$good" "$bad"
}
