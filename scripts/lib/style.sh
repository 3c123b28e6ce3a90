# shellcheck shell=bash disable=SC2034,SC2154
# The rules that a few lines of grep can hold. Each check prints what breaks
# its rule, and nothing if all is well. Sourced; works in the checkout.

style_checks=(format shell rooms seam_to_databases seam_to_http length width paths pages)

sources() {
  comm -23 <(git ls-files --cached --others --exclude-standard -- "$@" | sort -u) \
    <(git ls-files --deleted | sort -u)
}
# What differs from the last commit.
changed() { git diff --name-only HEAD; git ls-files --others --exclude-standard; }
cxx() { sources main.cc 'exporter/*.h' 'exporter/*.cc' 'collectors/*.h' 'collectors/*.cc' \
  'tests/*.h' 'tests/*.cc'; }
scripts() { sources scripts .ci packaging | xargs grep -lE '^#!/bin/bash|^# shellcheck shell'; }

check_format() { cxx | xargs clang-format --dry-run -Werror 2>&1 || true; }
check_shell() { scripts | xargs shellcheck -x || true; }

# Includes point where the table cmake/rooms lets them.
check_rooms() { cxx | /usr/bin/python3 -B scripts/lib/check_rooms.py; }
check_seam_to_databases() {
  cxx | grep -vE '^(tests/)?collectors/clients/' |
    xargs grep -nE '#include [<"](libpq|pqxx|sqlite3|hiredis|mysql|amqp)' || true
}
check_seam_to_http() {
  cxx | grep -v '^exporter/http/http_server\.cc$' | xargs grep -nE '#include [<"]httplib' || true
}

# A file that has grown past 400 lines has two subjects.
check_length() {
  cxx | xargs wc -l | awk '$2 != "total" && $1 > 400 { print $2 ": " $1 " lines" }'
}
check_width() { { cxx; scripts; sources 'tests/*.py'; } | xargs grep -nE '^.{101,}' || true; }

# Nothing of one machine.
check_paths() { sources . | xargs grep -nIE '(^|[^a-z.])/(work|home|root)/[a-z]' || true; }

# What the pages say is there.
check_pages() { /usr/bin/python3 -B scripts/lib/check_pages.py; }

run_style() {
  local check good=0 bad=0
  for check in "${style_checks[@]}"; do
    "check_$check" >"$output/style"
    if [[ -s $output/style ]]; then
      echo "style: $check:"
      cat "$output/style"
      ((++bad))
    else
      ((++good))
    fi
  done
  count "$good" "$bad"
}
