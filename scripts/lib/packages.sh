# shellcheck shell=bash disable=SC2154
# Whether the sets of install-packages name what is really used. A package that another one
# brings is there today, and may not be tomorrow. Sourced after common.sh; works where the
# set `build` is installed.

owner() { dpkg -S "$1" 2>/dev/null | head -n 1 | cut -d : -f 1; }
# owner_of_library PATH: dpkg knows a file of the merged /usr by its older name.
owner_of_library() { owner "$1" | grep . || owner "${1#/usr}"; }
always_there='^(libc6|libstdc\+\+6|libgcc-s1|libc6-dev|linux-libc-dev|libstdc\+\+-[0-9]+-dev)$'

# not_in_set SET: those of standard input that the set does not name, and that no Debian
# with a compiler lacks.
not_in_set() {
  sort -u | grep -vE "$always_there" |
    comm -23 - <("$root/scripts/install-packages" --list "$1" | sort -u)
}

# The headers of libraries that the sources include: one compilation lists their files. Of
# those that a source looks for by __has_include, another release has some.
header_packages() {
  local -a headers pairs=()
  local name path
  mapfile -t headers < <(
    grep -rhoE '^#include <[A-Za-z0-9_./-]+>' "$root/exporter" "$root/collectors" | sort -u)
  for name in "${headers[@]}"; do pairs+=("${name#* }" "$name"); done
  # shellcheck disable=SC2046  # options, each a word
  printf '#if __has_include(%s)\n%s\n#endif\n' "${pairs[@]}" |
    g++ -std=c++20 -M $(pkg-config --cflags-only-I libpq hiredis libmariadb) -x c++ - |
    tr -s ' \\\n' '\n' | sort -u >"$output/included"
  for name in "${headers[@]}"; do
    name=${name#*<}
    name=${name%>}
    path=$(grep -m 1 -E "/${name//./\\.}\$" "$output/included") || continue
    owner "$path"
  done
}

# The libraries that the built binary names itself.
library_packages() {
  local name
  readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | while read -r name; do
    owner_of_library "$(ldconfig -p | grep -m 1 -F "$name (" | sed 's/.*=> //' | xargs readlink -f)"
  done
}
