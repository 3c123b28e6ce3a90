# shellcheck shell=bash disable=SC2154
# The site of the pages. Sourced by scripts/test.

run_site() {
  if /usr/bin/python3 -B "$root/scripts/lib/site.py" >"$output/site" 2>&1; then
    count 1 0
  else
    cat "$output/site"
    count 0 1
  fi
}
