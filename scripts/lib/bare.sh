# shellcheck shell=bash disable=SC2154
# A bare Debian in a folder, as a new user's machine is: it has nothing but what
# debootstrap's minbase brings. Sourced after common.sh; needs root.
#
# A fresh root of a release costs two minutes and 200 MB of downloads, so it is kept
# as a tarball, by release and day, beside ccache's folder.

roots=${XDG_CACHE_HOME:-$HOME/.cache}/sidecar-exporter/roots

# Where this machine's own packages come from. Not named in the tree: it differs.
mirror() {
  # shellcheck disable=SC2016  # apt's own
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' |
    grep -v security | head -n 1
}

# make_root RELEASE: prints the path of today's tarball of it.
make_root() {
  local tarball
  tarball=$roots/$1-$(date +%Y%m%d).tar
  if [[ ! -f $tarball ]]; then
    local scratch
    mkdir -p "$roots"
    scratch=$(mktemp -d "$roots/$1.XXXXXX")
    debootstrap --variant=minbase "$1" "$scratch/root" "$(mirror)" >"$scratch/log" 2>&1 ||
      { tail -n 20 "$scratch/log" >&2; rm -rf "$scratch"; die "debootstrap of $1 failed"; }
    tar -C "$scratch/root" --one-file-system -cf "$scratch/tar" .
    rm -f "$roots/$1"-*.tar
    mv "$scratch/tar" "$tarball"
    rm -rf "$scratch"
  fi
  echo "$tarball"
}

# unpack_root RELEASE FOLDER: with the machine's own apt and name look-up, and a clean
# clone of the last commit in FOLDER/src.
unpack_root() {
  local tarball name
  tarball=$(make_root "$1")
  mkdir -p "$2"
  tar -C "$2" -xf "$tarball"
  rm -rf "$2/etc/apt/sources.list" "$2"/etc/apt/sources.list.d/*
  for name in /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}; do
    [[ ! -f $name ]] || sed "s/\\b$(this_release)\\b/$1/g" "$name" >"$2$name"
  done
  # What tells how to reach the packages; a hook that calls a program does not go along.
  for name in /etc/apt/apt.conf.d/*; do
    grep -qE 'Invoke|DPkg::|Signal-By' "$name" || cp "$name" "$2/etc/apt/apt.conf.d/"
  done
  cp -L /etc/resolv.conf /etc/hosts "$2/etc/"
  git clone -q "$root" "$2/src"
  mkdir -p "$2/ccache"
  [[ -z $struck ]] || strike "$2"
}

# strike FOLDER: there, no set of install-packages names $struck any more.
strike() {
  local word="s/\\([\"[:space:]]\\)$struck\\([\"[:space:]]\\|\$\\)/\\1\\2/"
  named_in "$1" || die "none of the sets build, demo and run names $struck"
  sed -i -e "/^declare -A sets/,/^)/$word" -e "/^ *sets\\[run\\]=/,/\"\$/$word" \
    "$1/src/scripts/install-packages"
  ! named_in "$1" || die "$struck cannot be struck"
}
named_in() {
  in_root "$1" scripts/install-packages --list build demo run | grep -xF "$struck" >/dev/null
}

this_release() { sed -n 's/^VERSION_CODENAME=//p' /etc/os-release; }

# in_root FOLDER COMMAND...: as root, from /src, with namespaces of its own, which end
# with it. ccache's folder is the machine's: what it holds is the same there.
in_root() {
  local folder=$1
  shift
  # shellcheck disable=SC2016  # expanded by the inner shell
  CCACHE_FOLDER=$(ccache -k cache_dir 2>/dev/null || true) \
    unshare --mount --uts --pid --fork --kill-child --propagation private bash -c '
      set -euo pipefail
      folder=$1
      shift
      mount -t proc proc "$folder/proc"
      mount --rbind /dev "$folder/dev"
      mount -t tmpfs tmpfs "$folder/run"
      if [[ -n $CCACHE_FOLDER ]]; then
        mkdir -p "$CCACHE_FOLDER"
        mount --bind "$CCACHE_FOLDER" "$folder/ccache"
      fi
      exec chroot "$folder" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        LANG=C.UTF-8 CCACHE_DIR=/ccache bash -c "cd /src && exec \"\$@\"" _ "$@"
      ' _ "$folder" "$@" </dev/null
}

# check WHAT COMMAND...: one test of the layer. What a failed layer within has to say is long.
check() {
  local what=$1
  shift
  if "$@" >"$output/check" 2>&1; then
    ((++good))
  else
    ((++bad))
    echo "$layer: $what: failed"
    tail -n 400 "$output/check"
  fi
}

quickstart_in() { in_root "$1" scripts/quickstart --once >"$1/page" && page_is_whole "$1/page"; }
page_is_whole() {
  awk '/^exporter_collector_up[{]/ { up += $NF } !/^#/ { ++samples }
       END { print up " collectors, " samples " samples"; exit !(up >= 5 && samples > 500) }' "$1"
}
sets_are_named() { in_root "$1" scripts/lib/check-packages; }
programs_are_there() {
  in_root "$1" bash -c 'source scripts/lib/common.sh; needs g++ cmake ninja ccache pkg-config'
}
install_in() {
  local bin=$1/src/installed/bin
  in_root "$1" cmake --install build/release --prefix /src/installed &&
    [[ $(stat -c %s "$bin/exporter") -lt 20000000 && -s $bin/.debug/exporter.debug ]]
}
knows_its_revision() {
  [[ $(in_root "$1" installed/bin/exporter --version) == \
     *$(git -C "$1/src" rev-parse --short=7 HEAD)* ]]
}
# The binary alone, on a machine that has the set `run` and nothing to build with.
runs_alone() {
  cp -r "$1/src/installed" "$2/src/" &&
    in_root "$2" scripts/install-packages run &&
    in_root "$2" bash -ec '
      installed/bin/exporter --version
      DATABASE_URL=postgresql://u@127.0.0.1/d REDIS_URL=redis://127.0.0.1 \
        installed/bin/exporter check \
        --config installed/share/sidecar-exporter/examples/quickstart.yaml
      REDIS_URL=redis://127.0.0.1:1 installed/bin/exporter collect | grep "^redis_up 0"'
}

# run_bare_of RELEASE [LAYER...]: with the layers of scripts/test that pass there as well.
run_bare_of() {
  local good=0 bad=0 folder=$output/bare name
  needs_root
  unpack_root "$1" "$folder/build"
  unpack_root "$1" "$folder/run"
  check "scripts/quickstart --once" quickstart_in "$folder/build"
  check "programs of the set build" programs_are_there "$folder/build"
  check "the sets name what is used" sets_are_named "$folder/build"
  check "cmake --install" install_in "$folder/build"
  check "the revision, without git" knows_its_revision "$folder/build"
  check "the set run is enough to run" runs_alone "$folder/build" "$folder/run"
  for name in "${@:2}"; do
    check "scripts/test $name" in_root "$folder/build" scripts/test "$name"
  done
  rm -rf "$folder"
  count "$good" "$bad"
}
needs_root() { ((EUID == 0)) || die "the layer $layer needs root"; }
run_bare() { run_bare_of bookworm; }
run_trixie() { run_bare_of trixie pure parts clients; }

# What reaches pip's and npm's packages from here reaches them from the root.
reach_packages() {
  local name
  for name in /etc/pip.conf /etc/npmrc; do
    [[ ! -f $name ]] || cp "$name" "$1$name"
  done
  mkdir -p "$1/usr/local/share/ca-certificates"
  find /usr/local/share/ca-certificates -name '*.crt' \
    -exec cp -t "$1/usr/local/share/ca-certificates" {} +
}

# The collectors beside the servers of Debian 13, which are newer ones: PostgreSQL 17, Redis 8,
# RabbitMQ 4.0, PgBouncer 1.24, MariaDB 11.8, and Celery 5.5.
run_trixie-servers() {
  local good=0 bad=0 folder=$output/trixie name
  needs_root
  unpack_root trixie "$folder"
  reach_packages "$folder"
  for name in integration e2e; do
    check "scripts/test $name" in_root "$folder" scripts/test "$name"
  done
  rm -rf "$folder"
  count "$good" "$bad"
}
