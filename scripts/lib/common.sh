# shellcheck shell=bash disable=SC2154
# What every script here shares. Sourced; needs bash and `root` (the checkout).

export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$root}
export CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}

say() { echo "${0##*/}: $*" >&2; }
die() { say "$*"; exit 1; }

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

# build PRESET TARGET... ; the first build of the release leaves the tests out.
build() {
  local preset=$1 tests=ON
  shift
  [[ $preset == release ]] && tests=OFF
  (
    cd "$root" || exit
    [[ -f build/$preset/build.ninja ]] || cmake --preset "$preset" -DEXPORTER_TESTS=$tests
    cmake --build "build/$preset" --parallel "$(nproc)" --target "$@"
  ) >&2
}
