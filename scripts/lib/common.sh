# shellcheck shell=bash disable=SC2154
# What every script here shares. Sourced; needs bash and `root` (the checkout).

say() { echo "${0##*/}: $*" >&2; }
die() { say "$*"; exit 1; }

# needs PROGRAM...: ends if one of them is not there.
needs() {
  local name
  for name in "$@"; do
    command -v "$name" >/dev/null || die "the program $name is missing"
  done
}

# A TCP port of 127.0.0.1 that is free now. perl-base is on every Debian.
free_port() {
  perl -MIO::Socket::INET -e \
    'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1:0")->sockport'
}

random_secret() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# Debian's own server programs, whatever else PATH finds first.
postgres_bin() {
  local -a found
  mapfile -t found < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V)
  [[ -x ${found[-1]}/initdb ]] || die "no PostgreSQL server below /usr/lib/postgresql"
  echo "${found[-1]}"
}

# configure PRESET [OPTION...]. The release leaves the tests out unless an option
# wants them, so that the quickstart needs fewer packages.
configure() {
  local -a arguments=("$root/build/$1")   # as it was configured before
  [[ -f ${arguments[0]}/build.ninja ]] || arguments=(--preset "$1")
  [[ $1 != release || ${#arguments[@]} == 1 ]] || arguments+=(-DEXPORTER_TESTS=OFF)
  (cd "$root" && cmake "${arguments[@]}" "${@:2}" >&2)
}

# build PRESET TARGET...
build() {
  configure "$1"
  cmake --build "$root/build/$1" --parallel "$(nproc)" --target "${@:2}" >&2
}
